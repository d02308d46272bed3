"""The manifest: every column with its type, read as written; another version's is named."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.records.examples import GOLDEN
from vitrine.errors import UserError
from vitrine.records.manifest import (
    COLUMNS,
    ManifestBuilder,
    as_manifest,
    read_manifest,
    read_parts,
    read_rows,
    read_unused,
    write_manifest,
)


def make_manifest():
    row = {"file": "é/1.png", "status": "kept", "compared": True, "contrast": 1.5, "sha256": "NA"}
    empty = {"string": "", "bool": False, "float32": 0.0}
    return as_manifest(
        {name: [row.get(name, empty.get(kind, 0)), empty.get(kind, 0)] for name, kind in COLUMNS.items()}
    )


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    manifest = make_manifest()
    write_manifest(manifest, tmp_path / "manifest.parquet")
    read = read_manifest(tmp_path)
    assert read.equals(manifest)
    assert {name: str(kind) for name, kind in read.dtypes.items()} == COLUMNS


def test_a_manifest_that_grew_by_parts_is_the_same_and_its_texts_stay_in_a_file(tmp_path):
    part = make_manifest().assign(file=pd.Series(["x" * 10_000, "é"], dtype="string"))
    in_memory, on_disk = ManifestBuilder(None), ManifestBuilder(tmp_path)
    for builder in (in_memory, on_disk):
        builder.add(part)
        builder.add(part[:0])
        builder.add(part[::-1])
    before = pa.total_allocated_bytes()
    manifest = on_disk.build()
    assert pa.total_allocated_bytes() - before < 10_000
    assert list(tmp_path.iterdir()) == []
    for other in (in_memory.build(), pd.concat([part, part[::-1]], ignore_index=True)):
        pd.testing.assert_frame_equal(manifest, other)
    manifest.loc[3, "file"] = "changed"
    assert manifest["file"].str.len().tolist() == [10_000, 1, 1, 7]


def test_a_manifest_of_another_version_is_named(tmp_path):
    path = tmp_path / "manifest.parquet"
    with pytest.raises(UserError, match=r"is missing; run python data_prep"):
        read_manifest(tmp_path)
    make_manifest().drop(columns="fold").to_parquet(path)
    with pytest.raises(UserError, match=r"another version of Vitrine wrote it \(the column fold is missing"):
        read_manifest(tmp_path)
    make_manifest().assign(camera="x").to_parquet(path)
    with pytest.raises(
        UserError, match=r"a later version of Vitrine wrote it \(this one does not know the column camera"
    ):
        read_manifest(tmp_path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=r"is damaged; run python data_prep"):
        read_manifest(tmp_path)


def test_a_column_that_holds_something_else_is_named(tmp_path):
    make_manifest().assign(width=["wide", "narrow"]).to_parquet(tmp_path / "manifest.parquet")
    with pytest.raises(
        UserError, match=r"manifest\.parquet: a column does not hold what it should .*; run python data"
    ):
        read_manifest(tmp_path)


def test_columns_are_written_in_the_order_of_the_schema(tmp_path):
    manifest = make_manifest()
    write_manifest(manifest[sorted(COLUMNS)], tmp_path / "manifest.parquet")
    assert list(read_manifest(tmp_path)) == list(COLUMNS)
    assert list(as_manifest({name: list(manifest[name]) for name in sorted(COLUMNS)})) == list(COLUMNS)


def test_a_manifest_of_an_earlier_build_has_no_times_of_capture():
    assert set(read_manifest(GOLDEN / "prepared/colours")["taken"]) == {""}


def test_of_a_manifest_only_the_columns_that_are_asked_for_are_read(tmp_path):
    manifest = make_manifest()
    write_manifest(manifest, tmp_path / "manifest.parquet")
    few = read_manifest(tmp_path, ("width", "file"))
    pd.testing.assert_frame_equal(few, manifest[["width", "file"]])
    damage_column(tmp_path / "manifest.parquet", "sha256")
    pd.testing.assert_frame_equal(read_manifest(tmp_path, ("width", "file")), few)
    with pytest.raises(UserError, match="is damaged"):
        read_manifest(tmp_path)


def damage_column(path, name):
    """Makes the stored bytes of a column unreadable."""
    group = pq.read_metadata(path).row_group(0)
    column = next(
        group.column(place) for place in range(group.num_columns) if group.column(place).path_in_schema == name
    )
    content = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(content)


def test_a_column_that_earlier_builds_did_not_write_is_read_as_its_default(tmp_path):
    make_manifest().drop(columns=["taken", "subgroup"]).to_parquet(tmp_path / "manifest.parquet")
    assert read_manifest(tmp_path, ("subgroup",))["subgroup"].tolist() == ["", ""]
    assert read_manifest(tmp_path, ("taken", "file"))["taken"].tolist() == ["", ""]


@pytest.mark.parametrize("columns", [("file",), ("file", "reason")])
def test_unused_files_are_gathered_part_by_part(columns, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.records.manifest.ROWS_AT_ONCE", 2)
    files = pd.Series([f"{number}.png" for number in range(5)], dtype="string")
    manifest = pd.concat([make_manifest()[:1]] * 5, ignore_index=True).assign(file=files)
    manifest.loc[[1, 4], ["status", "reason"]] = ["left_out", "no class"]
    write_manifest(manifest, tmp_path / "manifest.parquet")
    whole = manifest.loc[[1, 4], list(columns)].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_unused(tmp_path, columns), whole)
    manifest["status"] = "kept"
    write_manifest(manifest, tmp_path / "manifest.parquet")
    assert read_unused(tmp_path, columns).empty


def numbered(folder, count):
    files = pd.Series([f"{number}.png" for number in range(count)], dtype="string")
    manifest = pd.concat([make_manifest()[:1]] * count, ignore_index=True).assign(file=files)
    write_manifest(manifest, folder / "manifest.parquet")
    return manifest


def test_parts_together_are_the_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.records.manifest.ROWS_AT_ONCE", 2)
    manifest = numbered(tmp_path, 5)
    parts = list(read_parts(tmp_path, ("file", "width")))
    assert [len(part) for part in parts] == [2, 2, 1]
    pd.testing.assert_frame_equal(pd.concat(parts), manifest[["file", "width"]])
    numbered(tmp_path, 1)[:0].to_parquet(tmp_path / "manifest.parquet")
    assert [len(part) for part in read_parts(tmp_path, ("file",))] == [0]


def test_some_rows_are_read_by_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.records.manifest.ROWS_AT_ONCE", 2)
    manifest = numbered(tmp_path, 6)
    rows = read_rows(tmp_path, ("file",), [4, 0, 4])
    pd.testing.assert_frame_equal(rows, manifest.loc[[0, 4], ["file"]])
    assert read_rows(tmp_path, ("file",), []).empty
