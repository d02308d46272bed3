"""Tables: every row and every picture of the folder is accounted for, nothing outside it is opened."""

import json

import pandas as pd
import pytest

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.table_rows import read_rows
from vitrine.data.sources.tables import find_image_folder, find_table_files
from vitrine.errors import UserError

ROWS = [("a/1.png", "cat"), ("a/2.png", "dog"), ("3.png", "cat")]


@pytest.fixture
def shop(tmp_path):
    """A folder with three pictures, within a folder that holds a secret."""
    folder = tmp_path / "shop"
    (folder / "a").mkdir(parents=True)
    for file in ("a/1.png", "a/2.png", "3.png"):
        (folder / file).write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return folder


def write(folder, text, name="table.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def csv_of(rows, header="image,label"):
    return "\n".join([header, *(",".join(row) for row in rows)])


def used(found):
    return {file.file: file.label_name for file in found if not file.left_out}


def reasons(found):
    """Of all but the table itself."""
    return {file.file: file.left_out for file in found if file.left_out and not file.file.startswith("table.")}


EXPECTED = dict(ROWS)


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "csv"), (";", "csv"), ("\t", "csv"), ("|", "csv"), ("\t", "tsv")]
)
def test_the_separator_is_found_out(shop, separator, name):
    table = write(shop, csv_of([*ROWS]).replace(",", separator), f"table.{name}")
    assert used(find_table_files(table)) == EXPECTED


def test_separators_within_quotes_and_names_with_line_ends_are_text(shop):
    text = 'label;"note; a, b | c";image\r\n"cat; or, so";"1\n2";a/1.png\r\n\r\n"a ""dog""";;a/2.png\r\n'
    assert used(find_table_files(write(shop, text))) == {"a/1.png": "cat; or, so", "a/2.png": 'a "dog"'}


def test_blank_lines_on_top_and_cells_as_long_as_pages_are_read(shop):
    table = write(shop, "\r\n\nimage,page,label\na/1.png," + "x" * 200_000 + ",cat\n../b.png,,dog\n")
    found = find_table_files(table)
    assert used(found) == {"a/1.png": "cat"}
    assert "../b.png (row 5)" in reasons(found)


def test_a_separator_that_is_given_is_taken(shop):
    table = write(shop, csv_of(ROWS).replace(",", "^"))
    with pytest.raises(UserError, match=r"data\.separator: none found in .*comma, semicolon, tab, bar.*'image\^label'"):
        find_table_files(table)
    assert used(find_table_files(table, separator="^")) == EXPECTED
    assert used(find_table_files(write(shop, csv_of(ROWS).replace(",", "\t")), separator=r"\t")) == EXPECTED
    with pytest.raises(UserError, match=r"data\.separator: none found .*tried: ';'"):
        find_table_files(write(shop, csv_of(ROWS)), separator=";")
    with pytest.raises(UserError, match=r"data\.separator: must be one character \(got '::'\)"):
        find_table_files(write(shop, csv_of(ROWS)), separator="::")


def test_two_possible_separators_are_asked(shop):
    with pytest.raises(UserError, match=r"data\.separator: comma or semicolon in .*Give the right one"):
        find_table_files(write(shop, "image,label;note\na/1.png,cat;x\n"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found_out(shop, encoding):
    rows = [("a/1.png", "Müller"), ("a/2.png", "café")]
    assert used(find_table_files(write(shop, csv_of(rows), encoding=encoding))) == dict(rows)


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "ndjson"])
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1, 0], ["0", "1", "0"]),
        ([0.0, 1.0, 0.0], ["0", "1", "0"]),
        ([0.5, 1.0, 0.25], {"csv": ["0.5", "1.0", "0.25"], "else": ["0.5", "1", "0.25"]}),
        (["007", "7", "NA"], ["007", "7", "NA"]),
        (["None", "null", "nan"], ["None", "null", "nan"]),
        ([True, False, True], {"csv": ["True", "False", "True"], "else": ["True", "False", "True"]}),
    ],
)
def test_labels_of_every_format_are_what_a_person_sees(shop, kind, labels, expected):
    frame = pd.DataFrame({"image": [image for image, _ in ROWS], "label": labels, "ignored": [{"a": [1]}] * 3})
    path = shop / f"table.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    if isinstance(expected, dict):
        expected = expected.get(kind, expected["else"])
    if kind in ("jsonl", "ndjson") and labels == [0.5, 1.0, 0.25]:
        expected = ["0.5", "1", "0.25"]
    assert [row.label for row in read_rows(path)] == expected


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
    assert [file.file for file in found if not file.path.exists()] == ["gone.png"]
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
    assert all(file.path.resolve().is_relative_to(shop) for file in found)


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
    assert used(found) == EXPECTED | {"x" * 300 + ".png": "dog"}, "too long a name is no file that is there"


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


@pytest.mark.parametrize(
    "image", ["image", "Image", "file", "file_name", "filename", "path", "image_path", "File Path"]
)
@pytest.mark.parametrize("label", ["label", "class", "category", "Label "])
def test_usual_names_of_columns_are_known(shop, image, label):
    assert used(find_table_files(write(shop, csv_of(ROWS, f"{image},{label}")))) == EXPECTED


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        ("image,label", {"label": "lable"}, r"columns\.label: .*no column 'lable'; did you mean 'label'\? Its"),
        ("image,label", {"image": "xyz"}, r"data\.columns\.image: .*no column 'xyz'; Its columns are"),
        ("image,kind", {}, r"data\.columns\.label: the column of the class in .* is not among .* 'image', 'kind'"),
        ("p,label", {}, r"data\.columns\.image: the column of the picture"),
        ("image,label,class", {}, r"data\.columns\.label: .* could be 'label' or 'class'; name it"),
        ("image,label", {"label": "image"}, r"data\.columns\.label: 'image' is the column of the picture already"),
        ("image,label,label", {"label": "label"}, "has two columns named 'label'"),
        ("image,label", {"group": "person"}, r"data\.columns\.group: .*no column 'person'"),
    ],
)  # fmt: skip
def test_columns_that_are_missing_or_doubtful_are_named(shop, header, columns, message):
    table = write(shop, csv_of(ROWS, header))
    with pytest.raises(UserError, match=message):
        find_table_files(table, ColumnsSection(**columns))


def test_columns_that_are_given_are_taken(shop):
    table = write(shop, csv_of([(*row, "x", "test") for row in ROWS], "p,k,label,part"))
    found = find_table_files(table, ColumnsSection(image="p", label="k", split="part"))
    assert used(found) == EXPECTED
    assert {file.split for file in found if not file.left_out} == {"test"}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "table.csv", "empty"),
        ("image,label\n", "table.csv", "has no rows below"),
        ("image,label\na/1.png,cat,dog\n", "table.csv", "row 2 has 3 cells, but there are 2 columns"),
        ('image,label\na/1.png,"cat\na/2.png,dog\n', "table.csv", "ends in line 3 cannot be read.*mind the quotation"),
        ("image,label\n\0\0", "table.csv", "no text that can be read"),
        ('{"image": "a/1.png"\n', "table.jsonl", "line 1 is not JSON"),
        ('{"image": "a/1.png", "label": "x"}\n[1]\n', "table.jsonl", "line 2 is not an object"),
        ('{"image": "a/1.png", "label": ["x"]}\n', "table.jsonl", "'label' in row 1 holds list, not one text"),
        ("PAR1", "table.parquet", "damaged, or not a Parquet file"),
        ("image,label\nx.png,cat\n", "table.csv", r"data\.image_folder: none of the files .* \(for example 'x\.png'\)"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_message(shop, text, name, message):
    with pytest.raises(UserError, match=message):
        find_table_files(write(shop, text, name))


def test_a_data_set_with_pictures_inside_is_told_from_a_table_of_paths(shop):
    frame = pd.DataFrame({"image": [{"bytes": b"x", "path": None}], "label": [0]})
    frame.to_parquet(shop / "train.parquet")
    with pytest.raises(UserError, match=r"holds pictures, not paths; .* give the folder that this file lies in"):
        find_table_files(shop / "train.parquet")


def test_the_image_folder_is_where_paths_start_and_their_limit(shop):
    table = write(shop, csv_of([("1.png", "cat"), ("a/2.png", "dog"), ("3.png", "cat"), ("../3.png", "cat")]))
    found = find_table_files(table, image_folder=shop / "a")
    assert used(found) == {"1.png": "cat", "2.png": "dog", "3.png": "cat"}
    assert [file.file for file in found if not file.path.exists()] == ["3.png"], "that beside the table is outside"
    assert reasons(found) == {"../3.png (row 5)": "its path leads out of the image folder"}


def test_if_nothing_is_there_the_message_says_where_the_pictures_seem_to_be(shop):
    with pytest.raises(UserError, match=r"there is .*shop/a/1\.png: give the folder that the paths start from$"):
        find_table_files(write(shop, csv_of([("1.png", "cat"), ("2.png", "dog")])))
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


def test_json_lines_may_lack_keys_and_hold_blank_lines(shop):
    lines = [
        json.dumps({"image": "a/1.png", "label": "cat"}),
        "",
        json.dumps({"label": "dog", "image": "3.png", "x": 1}),
    ]
    lines.append(json.dumps({"image": "a/2.png"}))
    lines.append(json.dumps({"image": "4.png", "label": "line\u2028end"}, ensure_ascii=False) + "\r")
    found = find_table_files(write(shop, "\n".join(lines), "table.jsonl"))
    assert used(found) == {"a/1.png": "cat", "3.png": "dog", "4.png": "line\u2028end"}
    assert reasons(found) == {"a/2.png": "no label in the table"}
