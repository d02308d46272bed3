"""`vitrine teach`: what is refused before anything is loaded."""

import pytest

from vitrine.commands import teach


def test_a_file_is_no_folder_for_a_lesson(tmp_path, capsys):
    (tmp_path / "taught").write_text("")
    assert teach.main([str(tmp_path / "taught"), "--port", "0"]) == 2
    assert "taught: is a file; name a folder for the lesson" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["70000", "-1", "web"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        teach.main([f"--port={port}"])
    assert "must be a whole number from 0 to 65535" in capsys.readouterr().err
