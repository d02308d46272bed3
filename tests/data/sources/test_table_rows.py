"""From a table to rows: separators, encodings, formats and names of columns are found out or asked for."""

import json

import pandas as pd
import pytest

from tests.data.sources.listings import EXPECTED, ROWS, csv_of, reasons, used, write
from vitrine.config.data import ColumnsSection
from vitrine.data.sources.table_formats import read_csv
from vitrine.data.sources.table_rows import Row, read_cells, read_rows
from vitrine.data.sources.tables import find_table_files
from vitrine.errors import UserError


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


def test_a_data_set_with_pictures_inside_is_told_from_a_table_of_paths(shop):
    frame = pd.DataFrame({"image": [{"bytes": b"x", "path": None}], "label": [0]})
    frame.to_parquet(shop / "train.parquet")
    with pytest.raises(UserError, match=r"holds pictures, not paths; .* give the folder that this file lies in"):
        find_table_files(shop / "train.parquet")


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


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "table.csv", "empty"),
        ("image,label\na/1.png,cat,dog\n", "table.csv", "row 2 has 3 cells, but there are 2 columns"),
        ('image,label\na/1.png,"cat\na/2.png,dog\n', "table.csv", "ends in line 3 cannot be read.*mind the quotation"),
        ("image,label\n\0\0", "table.csv", "no text that can be read"),
        ('{"image": "a/1.png"\n', "table.jsonl", "line 1 is not JSON"),
        ('{"image": "a/1.png", "label": "x"}\n[1]\n', "table.jsonl", "line 2 is not an object"),
        ('{"image": "a/1.png", "label": ["x"]}\n', "table.jsonl", "'label' in row 1 holds list, not one text"),
        ('{"image": "a/1.png", "label": ["x", "y"]}\n', "table.jsonl", r"holds several values \(x, y\), and a picture"),
        ("PAR1", "table.parquet", "damaged, or not a Parquet file"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_message(shop, text, name, message):
    with pytest.raises(UserError, match=message):
        find_table_files(write(shop, text, name))


def test_rows_are_counted_as_a_spreadsheet_counts_them_and_empty_cells_are_empty_texts(shop):
    table = write(shop, "label,image,split\n\ncat,1.png,\n , 2.png ,test\n")
    assert read_rows(table) == [Row(3, "1.png", "cat", "", ""), Row(4, "2.png ", "", "test", "")]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_blank_at_the_end_makes_no_other_class_or_group_and_belongs_to_the_name_of_a_file(shop, kind):
    roles = {"label": ["cat", "cat ", "\u00a0cat"], "group": ["Ann", "Ann\t", "Ann"], "subgroup": ["", " ", "face "]}
    frame = pd.DataFrame({"image": ["1.png", "2.png ", "3.png"]} | roles)
    path = shop / f"table.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    rows = read_rows(path)
    assert [row.image for row in rows] == ["1.png", "2.png ", "3.png"]
    assert [(row.label, row.group, row.subgroup) for row in rows] == [
        ("cat", "Ann", ""), ("cat", "Ann", ""), ("cat", "Ann", "face"),
    ]  # fmt: skip


def test_numbers_with_blanks_are_whole_numbers(shop):
    table = write(shop, 'image,label\n1.png,"1.0 "\n2.png,2.0\n')
    assert [row.label for row in read_rows(table)] == ["1", "2"]


def test_a_table_of_known_names_is_read_as_the_likeliest_page_where_none_is_sure(shop):
    table = write(shop, "file,label\n\u00e9.png,vert \u00e9\n", encoding="cp1252")
    assert read_cells(table)[1] == [(2, ["\u00e9.png", "vert \u00e9"])]
    with pytest.raises(UserError, match="cannot be told for sure"):
        read_csv(table, None, None)


@pytest.mark.parametrize("page", ["gbk", "big5", "cp932", "cp1250"])
def test_a_table_of_known_names_is_read_as_the_page_that_gives_them(shop, page):
    word = {"gbk": "狗", "big5": "貓", "cp932": "犬", "cp1250": "žába"}[page]
    table = write(shop, f"file,label\n{word}/1.png,{word}\n", encoding=page)
    assert read_cells(table, known={word})[1] == [(2, [f"{word}/1.png", word])]


def test_a_given_page_is_for_tables_that_are_not_in_unicode(shop):
    for encoding in ("gbk", "utf-8", "utf-8-sig", "utf-16"):
        table = write(shop, "file,label\n1.png,狗\n", encoding=encoding)
        assert read_cells(table, "gbk")[1] == [(2, ["1.png", "狗"])], encoding


def test_all_cells_of_a_table_come_as_they_stand_with_short_rows_filled_up(shop):
    names, rows = read_cells(write(shop, "file;label;note\n1.png;007; x\n2.png\n"))
    assert names == ["file", "label", "note"]
    assert [(number, list(row)) for number, row in rows] == [(2, ["1.png", "007", "x"]), (3, ["2.png", "", ""])]


def test_a_column_that_is_nearly_called_as_usual_is_asked_for(shop):
    table = write(shop, csv_of(ROWS).replace("label", "Lable", 1))
    with pytest.raises(UserError, match=r"data\.columns\.label: .* usual name \(did you mean 'Lable'\?\); name it"):
        find_table_files(table)
