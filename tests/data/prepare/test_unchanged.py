"""Whether a source is as it was: told by names, sizes and times, and by the content of corrections."""

import json
import os

import pytest

from tests.conftest import draw_shape
from tests.data.sources.stores import fill
from tests.data.trees import prepare, settings_for
from vitrine.config.data import DataSection
from vitrine.data import progress
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.unchanged import find_unchanged, source_state
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.sources import hub_access
from vitrine.data.sources.addresses import Listing
from vitrine.data.sources.hub_access import HubDataset


def test_unchanged_files_and_settings_are_recognized_and_any_change_is_seen(source):
    final = prepare(source).folder
    assert find_unchanged(final, settings_for(source)) is not None
    assert find_unchanged(final, settings_for(source, image_size=20)) is None
    assert find_unchanged(final, settings_for(source, fold=0, prepared="elsewhere")) is not None
    path = source / "cat" / "003.png"
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert find_unchanged(final, settings_for(source)) is None
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert find_unchanged(final, settings_for(source)) is not None
    (source / "cat" / "notes.txt").touch()
    assert find_unchanged(final, settings_for(source)) is None


def test_a_data_set_of_another_version_is_made_anew(source):
    final = prepare(source).folder
    facts = json.loads((final / "prepared.json").read_text())
    (final / "prepared.json").write_text(json.dumps(facts | {"format": 1}))
    assert find_unchanged(final, settings_for(source)) is None
    assert prepare(source).facts.format == 2


def test_what_is_no_prepared_data_set_has_no_facts(tmp_path):
    assert find_unchanged(tmp_path, settings_for(tmp_path)) is None


def test_what_is_not_there_has_no_state():
    assert source_state(DataSection(source="nowhere")) == ""


@pytest.mark.parametrize("commit", ["abc", None])
def test_the_state_of_a_data_set_of_the_hub_is_its_commit(monkeypatch, commit):
    asked = []
    monkeypatch.setattr(hub_access, "ask_hub", lambda *given: asked.append(given) or HubDataset(commit))
    assert source_state(DataSection(source="hub:ann/birds")) == (commit or "")
    assert asked == [("ann/birds", None)]


def test_pictures_in_a_store_are_unchanged_as_long_as_their_names_sizes_and_times_are(source, tmp_path):
    pictures = {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.png")}
    settings = settings_for(fill(pictures))
    with working_folder(tmp_path / "final") as folder:
        write_prepared(folder, "x", settings)
    assert find_unchanged(tmp_path / "final", settings) is not None
    fill(pictures)  # written anew
    assert find_unchanged(tmp_path / "final", settings) is None


def test_a_store_that_tells_no_times_has_no_state():
    files = {"a.png": {"size": 3, "mtime": 1.0}, "b.png": {"size": 3}}
    assert Listing("https://place", files).state() == ""
    assert Listing("https://place", {"a.png": files["a.png"]}).state() != ""


def test_the_digits_are_always_as_they_were():
    assert source_state(DataSection(source="builtin:digits")) == "built in"


def test_a_table_counts_with_the_pictures_of_its_folder_and_an_archive_alone(tmp_path):
    (tmp_path / "pets.csv").write_text("image,label\n1.png,cat\n")
    (tmp_path / "pets.zip").touch()
    table, archive = (DataSection(source=str(tmp_path / name)) for name in ("pets.csv", "pets.zip"))
    before = source_state(table), source_state(archive)
    (tmp_path / "2.png").touch()
    assert source_state(table) != before[0]
    assert source_state(archive) == before[1]
    (tmp_path / "pets.zip").write_bytes(b"longer")
    assert source_state(archive) != before[1]


def test_corrections_count_by_their_content_and_not_by_their_time(tmp_path):
    corrections = tmp_path / "corrections.csv"
    corrections.write_text("file,action\n")
    data = DataSection(source="builtin:digits", corrections=str(corrections))
    before = source_state(data)
    assert before.startswith("built in, corrections ")
    os.utime(corrections, (1, 1))
    assert source_state(data) == before
    corrections.write_text("file,action\n1.png,remove\n")
    assert source_state(data) != before


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
    for name in ("predictions.csv", "augmentation.html"):  # as commands write them into the current folder
        (table.parent / name).touch()
    assert find_unchanged(final, settings) == facts
    (table.parent / "new.png").touch()
    assert find_unchanged(final, settings) is None


def test_pictures_in_a_folder_beside_the_table_are_watched_from_wherever_the_command_runs(table, tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    data = DataSection(source=str(table), image_folder="images")
    monkeypatch.chdir(tmp_path.parent)
    before = source_state(data)
    (tmp_path / "images/new.png").touch()
    assert source_state(data) != before


def test_hidden_files_that_a_system_writes_do_not_change_a_source(make_class_folders):
    source = make_class_folders({"cat": 2, "dog": 2})
    before = source_state(DataSection(source=str(source)))
    (source / "cat/.DS_Store").write_bytes(os.urandom(9))
    (source / "#recycle").mkdir()
    (source / "#recycle/1.png").touch()
    assert source_state(DataSection(source=str(source))) == before
    (source / "cat/new.png").touch()
    assert source_state(DataSection(source=str(source))) != before


def test_who_waits_for_the_times_of_many_files_is_told_how_far_it_is(make_class_folders, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_TELLINGS", 2)
    told = []
    source_state(DataSection(source=str(make_class_folders({"cat": 2, "dog": 2}))), lambda *words: told.append(words))
    expected = [("listing", 2, 0), ("listing", 4, 0), ("looking at times", 2, 4), ("looking at times", 4, 4)]
    assert told == expected


def test_who_prepares_a_second_time_is_told_how_far_it_is_too(table, monkeypatch):
    final, settings, facts = prepare_beside(table)
    monkeypatch.setattr(progress, "BETWEEN_TELLINGS", 10)
    told = []
    assert find_unchanged(final, settings, lambda *words: told.append(words)) == facts
    assert {what for what, _, _ in told} == {"listing", "looking at times"}
