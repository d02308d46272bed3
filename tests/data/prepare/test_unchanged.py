import os

import pytest

from tests.conftest import draw_shape
from tests.data.trees import settings_for
from vitrine.config.data import DataSection
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.unchanged import find_unchanged, source_state
from vitrine.data.prepare.working_folder import working_folder


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table beside its pictures, in the folder in which the commands are run."""
    monkeypatch.chdir(tmp_path)
    rows = ["image,label"]
    for number in range(20):
        draw_shape(number % 2, number).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'cat' if number % 2 else 'dog'}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path / "labels.csv"


def prepare_beside(table):
    final, settings = table.parent / "prepared/pets", settings_for(table)
    with working_folder(final) as folder:
        return final, settings, write_prepared(folder, "pets", settings)


def test_what_is_prepared_beside_a_table_is_none_of_its_files_and_changes_nothing(table):
    final, settings, facts = prepare_beside(table)
    assert (facts.files_found, facts.files_kept) == (21, 20)  # with the table itself
    assert find_unchanged(final, settings) == facts
    run = table.parent / "runs/pets/2026-01-31_12-00-00"
    run.mkdir(parents=True)
    for name in ("recipe.yaml", "metrics.json", "figure.png"):
        (run / name).touch()
    assert find_unchanged(final, settings) == facts
    (table.parent / "new.png").touch()
    assert find_unchanged(final, settings) is None


def test_hidden_files_that_a_system_writes_do_not_change_a_source(make_class_folders):
    source = make_class_folders({"cat": 2, "dog": 2})
    before = source_state(DataSection(source=str(source)))
    (source / "cat/.DS_Store").write_bytes(os.urandom(9))
    (source / "#recycle").mkdir()
    (source / "#recycle/1.png").touch()
    assert source_state(DataSection(source=str(source))) == before
    (source / "cat/new.png").touch()
    assert source_state(DataSection(source=str(source))) != before
