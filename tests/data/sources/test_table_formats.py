import pytest

from tests.data.sources.listings import EXPECTED, ROWS, csv_of, used, write
from vitrine.data.sources.table_formats import read_csv
from vitrine.data.sources.tables import find_table_files
from vitrine.errors import UserError


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_line_that_names_the_separator_is_an_instruction(shop, line, end):
    text = line + end + csv_of(ROWS).replace(",", ";")
    assert used(find_table_files(write(shop, text))) == EXPECTED


def test_the_instruction_settles_a_separator_that_would_be_asked(shop):
    table = write(shop, "sep=;\nimage,a;label\na/1.png;cat\n")
    assert read_csv(table, None, None).names == ["image,a", "label"]


def test_rows_below_the_instruction_are_counted_as_a_spreadsheet_counts_them(shop):
    assert next(iter(read_csv(write(shop, "sep=;\nimage;label\na/1.png;cat\n"), None, None).rows))[0] == 3


@pytest.mark.parametrize("separator", ["\t", "|", ","])
def test_the_instruction_may_name_any_separator(shop, separator):
    text = f"sep={separator}\n" + csv_of(ROWS).replace(",", separator)
    assert used(find_table_files(write(shop, text, encoding="utf-16"))) == EXPECTED


def test_the_encoding_of_the_recipe_is_taken_for_every_kind_of_text(shop):
    rows = [("a/1.png", "\u72d7"), ("a/2.png", "\u732b")]
    assert used(find_table_files(write(shop, csv_of(rows), encoding="gbk"), encoding="gbk")) == dict(rows)
    lines = "\n".join(f'{{"image": "{image}", "label": "{label}"}}' for image, label in rows)
    assert used(find_table_files(write(shop, lines, "table.jsonl", "gbk"), encoding="gbk")) == dict(rows)


def test_a_table_in_a_page_that_is_not_sure_is_asked_for(shop):
    rows = [("a/1.png", "\u72d7"), ("a/2.png", "\u732b")]
    with pytest.raises(UserError, match=r"table\.csv: not in UTF-8.*'\u72d7' in gbk.*data\.encoding"):
        find_table_files(write(shop, csv_of(rows), encoding="gbk"))
