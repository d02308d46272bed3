"""The one error that is a user's to mend: its message is all that a command prints."""

import pytest

import vitrine
from vitrine.__main__ import main
from vitrine.config.loading import load_recipe
from vitrine.errors import UserError, first_line, needing_packages


def test_the_error_of_the_package_is_the_one_that_is_raised(tmp_path):
    with pytest.raises(vitrine.UserError, match="there is no such recipe"):
        load_recipe(tmp_path / "nowhere.yaml")
    assert vitrine.UserError is UserError


def test_a_command_prints_the_message_without_a_traceback_and_ends_with_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["vitrine", "prepare", "nowhere.yaml"])
    assert main() == 2
    printed = capsys.readouterr()
    assert "nowhere.yaml: there is no such recipe" in printed.err
    assert "Traceback" not in printed.err + printed.out


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError("no such disk\nat line 3"), "no such disk"),
        (OSError("\n  later"), "later"),
        (ValueError(""), "ValueError"),
    ],
)
def test_the_first_line_of_an_error_is_its_kind_where_it_says_nothing(error, says):
    assert first_line(error) == says


def test_a_package_that_is_missing_is_told_with_what_installs_it():
    with pytest.raises(UserError) as told, needing_packages("a file"):
        import absent_package.part  # noqa: F401
    assert str(told.value) == "a file needs absent_package, which is not installed; `pip install absent_package`"
    assert isinstance(told.value.__cause__, ImportError)


def test_a_part_of_the_package_itself_that_is_missing_is_no_advice_to_install():
    with pytest.raises(ModuleNotFoundError), needing_packages("a file"):
        import vitrine.absent_part  # noqa: F401
