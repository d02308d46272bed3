import unicodedata
from pathlib import Path

import pytest

from tests.data.sources.listings import EXPECTED, ROWS, csv_of, reasons, used, write
from vitrine.data.sources.tables import find_table_files
from vitrine.errors import UserError


def make(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


@pytest.mark.parametrize(("in_table", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_row_finds_its_file_however_its_accents_are_stored(tmp_path, in_table, on_disk):
    names = ["K\u00e4se/\u00c9t\u00e9 1.png", "\uac00/2.png", "plain/3.png"]
    make(tmp_path, *(unicodedata.normalize(on_disk, name) for name in names))
    rows = [(unicodedata.normalize(in_table, name), "ab"[number % 2]) for number, name in enumerate(names)]
    found = find_table_files(write(tmp_path, csv_of(rows)))
    assert used(found) == {
        unicodedata.normalize(on_disk, name): "ab"[number % 2] for number, name in enumerate(names)
    }  # fmt: skip
    assert all(Path(file.path).exists() for file in found)


def test_a_row_finds_its_file_with_other_capitals(tmp_path):
    make(tmp_path, "Cats/IMG_1.JPG", "cats2/img_2.jpg")
    found = find_table_files(write(tmp_path, csv_of([("cats/img_1.jpg", "a"), ("Cats2/IMG_2.JPG", "b")])))
    assert used(found) == {"Cats/IMG_1.JPG": "a", "cats2/img_2.jpg": "b"}
    assert len(found) == 3, "the two files and the table"


def test_files_that_differ_in_capitals_alone_keep_their_own_rows(tmp_path):
    make(tmp_path, "a.JPG", "a.jpg")
    assert used(find_table_files(write(tmp_path, csv_of([("a.JPG", "x"), ("a.jpg", "y")])))) == {
        "a.JPG": "x",
        "a.jpg": "y",
    }


def test_where_a_row_could_mean_several_files_the_person_is_asked(tmp_path):
    make(tmp_path, "a.JPG", "A.jpg", "b.png")
    table = write(tmp_path, csv_of([("a.jpg", "x"), ("b.png", "y")]))
    with pytest.raises(
        UserError, match=r"'a\.jpg' is not a file below .* could be 'A\.jpg' or 'a\.JPG'; write the name"
    ):
        find_table_files(table)
    write(tmp_path, csv_of([("a.JPG", "x"), ("b.png", "y")]))
    assert used(find_table_files(table)) == {"a.JPG": "x", "b.png": "y"}


def test_two_rows_for_one_file_in_other_capitals_count_once(tmp_path):
    make(tmp_path, "a.JPG", "b.png")
    found = find_table_files(write(tmp_path, csv_of([("a.jpg", "x"), ("A.jpg", "y"), ("b.png", "y")])))
    assert reasons(found) == {"a.JPG": "two labels in the table", "a.JPG (row 3)": "two labels in the table"}


@pytest.mark.parametrize(
    "start",
    [
        "/home/ann/shop",
        r"C:\Users\Ann\shop",
        r"\\server\share\shop",
        "../../data/shop",
        "shop",
        "/content/drive/My Drive",
    ],
)
def test_paths_of_another_machine_lead_to_the_files_by_their_ends(shop, start):
    joint = "\\" if "\\" in start else "/"
    found = find_table_files(write(shop, csv_of([(f"{start}{joint}{image}", label) for image, label in ROWS])))
    assert used(found) == EXPECTED
    assert reasons(found) == {}


def test_a_missing_file_of_another_machine_is_named_from_the_folder_here(shop):
    rows = [(f"/home/ann/{image}", label) for image, label in [*ROWS, ("a/gone.png", "cat")]]
    found = find_table_files(write(shop, csv_of(rows)))
    assert [file.file for file in found if not Path(file.path).exists()] == ["a/gone.png"]


def test_ends_of_paths_do_not_count_where_one_path_leads_to_its_file(shop):
    found = find_table_files(write(shop, csv_of([("3.png", "cat"), ("b/1.png", "dog")])))
    assert [file.file for file in found if not Path(file.path).exists()] == ["b/1.png"]


def test_names_alone_lead_to_files_in_several_folders_where_each_is_there_once(tmp_path):
    make(tmp_path, "a/1.png", "b/c/2.png")
    assert used(find_table_files(write(tmp_path, csv_of([("1.png", "x"), ("2.png", "y")])))) == {
        "a/1.png": "x",
        "b/c/2.png": "y",
    }
    make(tmp_path, "b/1.png")
    with pytest.raises(UserError, match=r"none of the files"):
        find_table_files(tmp_path / "table.csv")


def test_a_column_of_addresses_is_said_to_be_one(shop):
    rows = [(f"https://example.org/{image}", label) for image, label in ROWS]
    with pytest.raises(
        UserError, match=r"data\.columns\.image: .* holds addresses \(for example 'https://example\.org/a/1"
    ):
        find_table_files(write(shop, csv_of(rows)))
