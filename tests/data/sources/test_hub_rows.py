"""Rows of a data set and the files that their pictures become."""

from pathlib import Path

import datasets
import pandas as pd
import pytest

from tests.data.sources.hub_sets import encode, find, make_dataset
from vitrine.data.sources.hub_columns import DatasetColumns
from vitrine.data.sources.hub_rows import OUTSIDE, RowFile, RowWriter, read_rows
from vitrine.errors import UserError


def test_pictures_are_written_unchanged_with_number_name_and_extension_by_content(tmp_path):
    make_dataset().save_to_disk(tmp_path / "saved")
    found = find(tmp_path / "saved", tmp_path)
    assert [file.file for file in found] == ["train/00000000-dog_3.png", "train/00000001.jpg", "train/00000002.webp"]
    assert [Path(file.path).read_bytes() for file in found] == [encode(0), encode(1, "jpg"), encode(2, "webp")]
    assert [(file.label_name, file.split, file.left_out) for file in found] == [
        ("cat", "", ""), ("dog", "", ""), ("cat", "", "")
    ]  # fmt: skip


def test_rows_without_picture_or_class_are_left_out_and_counted(tmp_path):
    dataset = make_dataset(labels=(0, -1, 1)).cast_column("image", datasets.Image(decode=False))
    rows = [row | ({"image": None} if number == 2 else {}) for number, row in enumerate(dataset)]
    datasets.Dataset.from_list(rows, features=dataset.features).save_to_disk(tmp_path / "s")
    found = find(tmp_path / "s", tmp_path)
    assert [file.left_out for file in found] == ["", "no label in the row", "no picture in the row"]
    assert [Path(file.path).exists() for file in found] == [True, False, False]


def test_a_path_in_a_row_is_used_only_within_the_data_set(tmp_path):
    folder = tmp_path / "set"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "a.png").write_bytes(encode())
    (tmp_path / "private.png").write_bytes(encode())
    paths = ["pictures/a.png", "../private.png", str(tmp_path / "private.png"), "pictures/gone.png", "a\0b"]
    pd.DataFrame({"image": paths, "label": list("abcde")}).to_parquet(folder / "train.parquet")
    found = find(folder, tmp_path)
    assert found[0].path == (folder / "pictures" / "a.png").resolve()
    assert [file.left_out for file in found] == [
        "",
        *["its path leads out of the data set's folder"] * 2,
        "",
        found[1].left_out,
    ]
    assert not Path(found[3].path).exists()


@pytest.fixture
def writer(tmp_path):
    (tmp_path / "out").mkdir()
    return RowWriter(tmp_path / "out", (tmp_path / "set",), changed=1_000_000)


@pytest.mark.parametrize(
    ("content", "path", "name"),
    [
        (b"\x89PNG rest", "holiday/dog 3.jpg", "00000007-dog_3.png"),
        (b"\xff\xd8\xff rest", r"C:\\photos\\a.png", "00000007-a.jpg"),
        (b"RIFF\0\0\0\0WEBP", None, "00000007.webp"),
        (b"\0\0\0\x18ftypheic", "../../etc", "00000007-etc.heic"),
        (b"no picture", "x" * 90, f"00000007-{'x' * 40}.picture"),
    ],
)
def test_a_file_is_named_by_its_number_its_own_name_and_its_content(writer, content, path, name):
    written = writer.write(7, {"bytes": content, "path": path}, "")
    assert written == RowFile(writer.folder / name, name, "")
    assert written.path.read_bytes() == content
    assert written.path.stat().st_mtime == 1_000_000


def test_what_is_left_out_or_missing_or_elsewhere_is_not_written(writer, tmp_path):
    assert writer.write(0, b"\x89PNG", "not wanted").left_out == "not wanted"
    assert [writer.write(1, cell, "").left_out for cell in (None, b"", {"bytes": None, "path": ""})] == [
        "no picture in the row"
    ] * 3
    assert writer.write(2, "../private.png", "").left_out == OUTSIDE
    assert writer.write(3, "a.png", "").path == tmp_path / "set/a.png"
    assert list(writer.folder.iterdir()) == []


def test_a_damaged_file_among_the_rows_is_named(tmp_path):
    class Damaged:
        def select_columns(self, names):
            assert names == ["image", "label"]
            return self

        def with_format(self, _):
            return self

        def iter(self, batch_size):
            raise ValueError("corrupt snappy\nmore")

    with pytest.raises(UserError, match=r"data\.source: pets has a damaged or odd file in it \(corrupt snappy\)"):
        list(read_rows(Damaged(), DatasetColumns("image", "label", None, None), "pets"))


def test_an_address_in_a_row_is_said_to_be_one(tmp_path):
    writer = RowWriter(tmp_path, (tmp_path,), 0)
    assert writer.write(0, "https://example.org/1.png", "").left_out == "an address, not a file; download it first"
