"""The manifest: every column with its type, read as written; another version's is named."""

import pandas as pd
import pyarrow as pa
import pytest

from tests.records.examples import GOLDEN
from vitrine.errors import UserError
from vitrine.records.manifest import COLUMNS, ManifestBuilder, as_manifest, read_manifest, write_manifest


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
