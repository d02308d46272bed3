"""`vitrine recipes`: what is listed, what is copied, what people get wrong."""

from pathlib import Path

import pytest

from vitrine.commands import recipes
from vitrine.config.packaged import recipe_names


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return recipes.main(list(words)), *capsys.readouterr()

    return run


def test_all_are_listed_with_their_purpose_in_100_columns(call):
    code, output, _ = call()
    assert code == 0
    for name in recipe_names():
        assert f"\n{name}  " in f"\n{output}"
    assert "Does augmentation help?" in output
    assert max(map(len, output.splitlines())) <= 100


def test_a_comparison_is_copied_with_its_recipe_to_a_folder(call, tmp_path):
    assert call("compare/heads", "my files") == (
        0,
        f"written: {Path('my files/compare/heads.yaml')}\nwritten: {Path('my files/head_only.yaml')}\n",
        "",
    )
    assert "#   python -m vitrine prepare configs/head_only.yaml" in (tmp_path / "my files/head_only.yaml").read_text()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("digit", "error: there is no recipe 'digit'; did you mean digits?\n"),
        ("zzz", "error: there is no recipe 'zzz'; `python -m vitrine recipes` lists them\n"),
    ],
)
def test_a_name_that_is_none_gets_the_nearest(call, word, message):
    assert call(word) == (2, "", message)


def test_a_second_copy_is_refused(call):
    assert call("digits")[0] == 0
    code, _, errors = call("digits")
    assert code == 2
    refusal = f"error: {Path('configs/digits.yaml')} is there already and is not overwritten; name another folder"
    assert errors.startswith(refusal)


def test_a_folder_that_cannot_be_made_is_one_message(call, tmp_path):
    (tmp_path / "configs").touch()
    code, _, errors = call("digits")
    assert (code, errors.split(";")[0]) == (2, "error: a file has the name that a folder needs")
