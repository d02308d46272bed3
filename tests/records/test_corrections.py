"""How the table of corrections is written; how it is read and applied is in tests/data/labels."""

from vitrine.records.corrections import COLUMNS, Row, write_cells, write_rows


def test_a_table_opens_in_a_spreadsheet_with_every_letter_and_no_formula(tmp_path):
    write_rows(tmp_path / "table.csv", [Row("é/=1+1.png", "@cat", new_label="'-x")])
    content = (tmp_path / "table.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode())
    assert content.decode("utf-8-sig").splitlines()[1] == "é/=1+1.png,'@cat,,,''-x,,"


def test_cells_with_commas_and_line_breaks_stay_one_cell(tmp_path):
    write_cells(tmp_path / "table.csv", ("a", "b"), [("x, y", 'two\nlines "quoted"')])
    assert (tmp_path / "table.csv").read_text("utf-8-sig") == 'a,b\n"x, y","two\nlines ""quoted"""\n'
