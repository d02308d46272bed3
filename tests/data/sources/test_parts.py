"""Files of a series that are not there are named."""

from tests.data.sources.hub_sets import save_parquet
from tests.data.trees import settings_for
from vitrine.data.prepare.scanning import list_pictures
from vitrine.data.sources.parts import name_missing_parts
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts


def test_the_first_file_that_is_missing_is_named(tmp_path):
    (tmp_path / "data").mkdir()
    for name in (
        "train-00000-of-00003.parquet",
        "train-00002-of-00003.parquet",
        "test-00000-of-00001.parquet",
        "a.json",
    ):
        (tmp_path / "data" / name).touch()
    assert name_missing_parts(tmp_path) == [
        "Of 3 files, by their names, 2 are there; 'data/train-00001-of-00003.parquet' is the first that is not."
    ]


def test_a_preparation_notes_it(tmp_path):
    copy = save_parquet(tmp_path / "copy", "data/train-00000-of-00002.parquet")
    (tmp_path / "workspace").mkdir()
    (note,) = list_pictures(settings_for(copy), tmp_path / "workspace").notes
    assert "'data/train-00001-of-00002.parquet' is the first that is not" in note
    assert "est le premier qui manque" in translate(note, load_texts("fr"))
