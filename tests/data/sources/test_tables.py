"""Tables: every row and every picture of the folder is accounted for, nothing outside it is opened."""

from pathlib import Path

import pandas as pd
import pytest

from tests.data.sources.listings import EXPECTED, ROWS, csv_of, reasons, used, write
from vitrine.data.sources.tables import find_image_folder, find_table_files
from vitrine.errors import UserError


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_row_without_label_is_left_out_and_whole_numbers_stay_whole(shop, kind):
    frame = pd.DataFrame({"image": [image for image, _ in ROWS], "label": [0, None, 1]})
    path = shop / f"table.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
        assert "0.0" in path.read_text()
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    found = find_table_files(path)
    assert used(found) == {"a/1.png": "0", "3.png": "1"}
    assert reasons(found) == {"a/2.png": "no label in the table"}


def test_a_row_without_its_file_is_listed_and_a_file_without_row_too(shop):
    (shop / ".hidden.png").touch()
    (shop / "notes.txt").touch()
    found = find_table_files(write(shop, csv_of([("a/1.png", "cat"), ("gone.png", "dog")])))
    assert used(found) == {"a/1.png": "cat", "gone.png": "dog"}
    assert [file.file for file in found if not Path(file.path).exists()] == ["gone.png"]
    unlisted = "no row of the table names it"
    assert reasons(found) == {
        "a/2.png": unlisted,
        "3.png": unlisted,
        ".hidden.png": "hidden file",
        "notes.txt": "not a picture (.txt)",
    }


@pytest.mark.parametrize(
    "path", ["../secret.png", "a/../../secret.png", "OUTSIDE/secret.png", "/etc/passwd", "..", r"..\secret.png"]
)
def test_paths_that_leave_the_root_are_listed_and_never_opened(shop, path):
    path = path.replace("OUTSIDE", str(shop.parent))
    found = find_table_files(write(shop, csv_of([*ROWS, (path, "cat")])))
    assert used(found) == EXPECTED
    assert reasons(found) == {f"{path} (row 5)": "its path leads out of the image folder"}
    assert all(Path(file.path).resolve().is_relative_to(shop) for file in found)


def test_absolute_paths_within_the_root_dots_and_backslashes_lead_to_the_file(shop):
    rows = [(str(shop / "a" / "1.png"), "cat"), (r"a\2.png", "dog"), ("./a/../3.png", "cat")]
    assert used(find_table_files(write(shop, csv_of(rows)))) == EXPECTED


def test_rows_that_name_no_file_are_listed(shop):
    rows = [*ROWS, ("", "cat"), ("https://example.org/1.png", "cat"), ("a", "dog"), ("x" * 300 + ".png", "dog")]
    found = find_table_files(write(shop, csv_of(rows)))
    assert reasons(found) == {
        "(row 5)": "no file name in the table",
        "https://example.org/1.png (row 6)": "an address, not a file; download it first",
        "a (row 7)": "a folder, not a file",
    }
    assert used(found) == EXPECTED | {"x" * 300 + ".png": "dog"}, "too long a name is not a file that is there"


def test_a_file_in_two_rows_counts_once_and_contradictions_are_left_out(shop):
    rows = [
        ("a/1.png", "cat"),
        ("./a/1.png", "cat"),
        ("a/2.png", "cat"),
        ("a/2.png", "dog"),
        ("3.png", ""),
        ("3.png", "b"),
    ]
    found = find_table_files(write(shop, csv_of(rows)))
    assert used(found) == {"a/1.png": "cat", "3.png": "b"}
    assert reasons(found) == {
        "a/1.png (row 3)": "named twice in the table",
        "a/2.png": "two labels in the table",
        "a/2.png (row 5)": "two labels in the table",
        "3.png (row 6)": "no label in the table",
    }
    assert len(found) == len(rows) + 1, "and the table"


def test_a_file_in_two_splits_is_left_out(shop):
    text = "image,label,split\na/1.png,cat,train\na/1.png,cat,test\na/2.png,cat,\na/2.png,cat,val\n3.png,dog,"
    found = find_table_files(write(shop, text))
    assert used(found) == {"a/2.png": "cat", "3.png": "dog"}
    assert reasons(found)["a/1.png"] == "two splits in the table"
    assert {file.file: file.split for file in found if file.split} == {
        "a/2.png": "validation",
        "a/2.png (row 5)": "validation",
    }


def test_splits_and_groups_are_read(shop):
    text = "file_name,class,split,group\na/1.png,cat,Train,x\na/2.png,dog,dev,y\n3.png,cat,,"
    found = {file.file: file for file in find_table_files(write(shop, text))}
    assert [found[file].split for file, _ in ROWS] == ["train", "validation", ""]
    assert [found[file].group for file, _ in ROWS] == ["x", "y", ""]
    with pytest.raises(
        UserError, match=r"data\.columns\.split: .* says 'holdout' in row 3; splits are train, training"
    ):
        find_table_files(write(shop, text.replace("dev", "holdout")))


def test_the_image_folder_is_where_paths_start_and_their_limit(shop):
    table = write(shop, csv_of([("1.png", "cat"), ("a/2.png", "dog"), ("3.png", "cat"), ("../3.png", "cat")]))
    found = find_table_files(table, image_folder=shop / "a")
    assert used(found) == {"1.png": "cat", "2.png": "dog", "3.png": "cat"}
    assert [file.file for file in found if not Path(file.path).exists()] == ["3.png"], (
        "that beside the table is outside"
    )
    assert reasons(found) == {"../3.png (row 5)": "its path leads out of the image folder"}


def test_if_nothing_is_there_the_message_says_where_the_pictures_seem_to_be(shop):
    table = write(shop, csv_of([("1.png", "cat"), ("2.png", "dog")]))
    with pytest.raises(UserError, match=r"there is .*shop/a/1\.png: set data\.image_folder=") as refusal:
        find_table_files(table)
    advised = find_image_folder(table, str(refusal.value).partition("data.image_folder=")[2])
    assert used(find_table_files(table, image_folder=advised)) == {"1.png": "cat", "2.png": "dog"}
    with pytest.raises(UserError, match=r"there is .*shop/a/1\.png: .*paths in the table must end in \.png"):
        find_table_files(write(shop, csv_of([("1", "cat"), ("2", "dog")])))


def test_the_image_folder_is_looked_for_beside_the_table_and_here(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = shop / "table.csv"
    assert find_image_folder(table, "a") == shop / "a"
    assert find_image_folder(table, "shop").resolve() == shop
    assert find_image_folder(table, str(shop)) == shop
    with pytest.raises(UserError, match=r"data\.image_folder: nowhere is there neither beside"):
        find_image_folder(table, "nowhere")
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match=r"data\.image_folder: may be .*shop/a or .*/a; give the whole path"):
        find_image_folder(table, "a")


def test_without_need_of_labels_a_list_of_pictures_will_do(shop):
    assert set(used(find_table_files(write(shop, "path\na/1.png\n3.png\n"), needs_label=False))) == {"a/1.png", "3.png"}
    found = find_table_files(write(shop, csv_of([("a/1.png", "cat"), ("3.png", "")])), needs_label=False)
    assert used(found) == {"a/1.png": "", "3.png": ""}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("image,label\n", "table.csv", "has no rows below"),
        ("image,label\nx.png,cat\n", "table.csv", r"data\.image_folder: none of the files .* \(for example 'x\.png'\)"),
    ],
)
def test_a_table_that_names_nothing_is_one_message(shop, text, name, message):
    with pytest.raises(UserError, match=message):
        find_table_files(write(shop, text, name))
