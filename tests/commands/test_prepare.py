"""`data_prep.py`: the report is in the recipe's language, without preparing anything again."""

import pytest
from PIL import Image

from vitrine.commands import prepare
from vitrine.ui.frame import page_language

REPORTS = ("report.html", "report.json")


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, color in (("cat", 90), ("dog", 160)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for place in range(5):
            Image.new("RGB", (9, 9), (color, 10 * place, 0)).save(tmp_path / "pictures" / name / f"{place}.png")
    return ["name=pets", "data.source=pictures", "data.image_size=16"]


def test_another_language_writes_only_the_report_anew(arguments, tmp_path, capsys):
    folder = tmp_path / "prepared" / "pets"
    assert prepare.main(arguments) == 0
    facts = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name not in REPORTS}
    assert page_language(folder / "report.html") == "en"
    capsys.readouterr()
    assert prepare.main([*arguments, "report.language=fr"]) == 0
    assert "only its report was written anew" in capsys.readouterr().out
    assert page_language(folder / "report.html") == "fr"
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name not in REPORTS} == facts
    assert prepare.main([*arguments, "report.language=fr"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_page_that_is_not_there_has_no_language(tmp_path):
    (tmp_path / "other.html").write_text("<p>x</p>")
    assert page_language(tmp_path / "none.html") is None
    assert page_language(tmp_path / "other.html") is None
