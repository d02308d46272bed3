"""Whether a source is as it was: told by names, sizes and times, and by the content of corrections."""

import json
import os

import pytest

from tests.data.trees import prepare, settings_for
from vitrine.config.data import DataSection
from vitrine.data.prepare.unchanged import find_unchanged, source_state


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


@pytest.mark.parametrize("source", ["hub:ann/birds", "nowhere"])
def test_what_only_a_network_could_tell_and_what_is_not_there_have_no_state(source):
    assert source_state(DataSection(source=source)) == ""


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
