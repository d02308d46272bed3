import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.data import trees
from tests.reports.fabricated import Page, prepare_classes, prepare_source
from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepared.dataset import open_prepared
from vitrine.errors import UserError
from vitrine.records.findings import Finding, read_findings, write_findings
from vitrine.records.manifest import read_manifest, write_manifest
from vitrine.records.prepared import Settings
from vitrine.reports.data.page import notices, say_copies, say_renaming, verdict, write_data_report
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH = load_texts("en")
NASTY = "<i>é & 'co'"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Twenty tall pictures, four wide ones, one single; three files that cannot be used."""
    folder = tmp_path_factory.mktemp("data")
    for name, number, size in ((NASTY, 20, (10, 30)), ("wide", 4, (400, 100)), ("single", 1, (50, 50))):
        (folder / "source" / name).mkdir(parents=True)
        for place in range(number):
            Image.new("L" if name == "wide" else "RGB", size, place).save(folder / "source" / name / f"{place}.png")
    (folder / "source" / NASTY / "empty <b>.jpg").write_bytes(b"")
    (folder / "source" / NASTY / "text.jpg").write_text("no picture")
    (folder / "source" / NASTY / "notes.txt").write_text("no picture")
    return prepare_source(folder)


@pytest.fixture(scope="module")
def page(prepared):
    write_data_report(prepared.folder)
    return Page(prepared.folder / "report.html")


def test_verdict_counts_used_broken_and_left_out_files(page):
    assert "25 of 28 files are used; 2 could not be read and 1 was left out." in page.text


@pytest.mark.parametrize(
    ("found", "quarantined", "left_out", "expected"),
    [(1104, 3, 0, "1,101 of 1,104 files are used; 3 could not be read."), (9, 0, 0, "All 9 files found are used."),
     (9, 0, 4, "5 of 9 files are used; 4 were left out.")],
)  # fmt: skip
def test_verdict_has_words_for_every_case(prepared, found, quarantined, left_out, expected):
    changes = {"files_found": found, "files_quarantined": quarantined, "files_left_out": left_out}
    facts = prepared.facts.model_copy(update=changes | {"files_kept": found - quarantined - left_out})
    assert verdict(facts, ENGLISH) == expected


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A table of products of two classes with long names, one of which has no file and one an empty one."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pictures").mkdir()
    rows = ["image,label"]
    for number in range(24):
        if number > 0:
            Image.new("RGB", (40, 40), (number * 10, 0, 0)).save(folder / f"pictures/{number}.png")
        rows.append(f"{number}.png,{('Toys', 'Clocks and more')[number % 2]} >> kind {number} of many")
    (folder / "pictures/1.png").write_bytes(b"")
    (folder / "source.csv").write_text("\n".join(rows))
    data = DataSection(source=str(folder / "source.csv"), image_folder=str(folder / "pictures"), image_size=16)
    settings = Settings(data=data, labels=LabelsSection(pattern="(.+?) >>"))
    (folder / "prepared").mkdir()
    write_prepared(folder / "prepared", "shop", settings)
    return open_prepared(folder / "prepared")


def test_a_row_without_a_file_is_not_told_as_a_file_that_cannot_be_read(shop):
    assert shop.facts.files_missing == 1
    assert verdict(shop.facts, ENGLISH) == "22 of 24 files are used; 1 is not there and 1 could not be read."
    write_data_report(shop.folder)
    page = Page(shop.folder / "report.html")
    assert "0.png the file is not there" in page.text
    assert "1.png could not be read: the file is empty" in page.text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "The source's 22 names became 2 classes by labels.pattern; 'Toys >> kind 2 of many', for example, "
            "is now 'Toys'.",
        ),
        (
            "fr",
            "Les 22 noms de la source sont devenus 2 classes par labels.pattern ; « Toys >> kind 2 of many », "
            "par exemple, est maintenant « Toys ».",
        ),
    ],
)
def test_one_note_tells_what_became_of_all_labels_and_the_page_lists_them_below(shop, language, sentence):
    found = notices(shop.facts, [], load_texts(language))
    assert [plain_spaces(one.text) for one in found if one.level == "note"] == [sentence]
    write_data_report(shop.folder, language)
    above, below = plain_spaces(Page(shop.folder / "report.html").text).split("Classes", 1)
    assert "kind 11 of many" not in above
    assert "Clocks and more" in below
    assert "kind 11 of many" in below


def test_labels_that_stay_as_they_are_need_no_note(prepared):
    assert say_renaming(prepared.facts, ENGLISH) == []


def test_every_unused_file_is_listed_with_its_reason(page):
    assert f"{NASTY}/empty <b>.jpg could not be read: the file is empty" in page.text
    assert f"{NASTY}/text.jpg could not be read: a text, not a picture; get the picture again" in page.text
    assert f"{NASTY}/notes.txt left out: not a picture" in page.text


def test_of_many_classes_the_largest_and_the_smallest_stand_open(tmp_path):
    names = {f"class {number:02d}": 3 + number // 20 for number in range(44)}
    prepared = prepare_classes(tmp_path, names)
    write_data_report(prepared.folder)
    shown, pictures = Page(prepared.folder / "report.html").text.split("Checks", 2)[1:]
    folded = [
        f"class {number:02d}"
        for number in range(44)
        if shown.index(f"class {number:02d}") > shown.index("4 classes between")
    ]
    assert len(folded) == 4
    assert "4 more classes" in pictures


def test_a_long_list_of_unused_files_is_folded_but_whole(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "source" / name).mkdir(parents=True)
        for place in range(30):
            path = tmp_path / "source" / name / f"{place:02d}.png"
            Image.new("RGB", (9, 9), place + 100 * (name == "cat")).save(path) if place < 5 else path.write_bytes(b"")
    write_data_report(prepare_source(tmp_path).folder)
    page = Page(tmp_path / "prepared" / "report.html")
    assert "details" in page.tags
    assert "50 files: the file is empty" in page.text
    assert page.text.count("could not be read: the file is empty") == 50


def test_of_very_many_unused_files_some_are_listed(tmp_path, monkeypatch):
    for name in ("cat", "dog"):
        (tmp_path / "source" / name).mkdir(parents=True)
        for place in range(30):
            path = tmp_path / "source" / name / f"{place:02d}.png"
            content = b"" if place % 2 else b"no picture"
            Image.new("RGB", (9, 9), place + 100 * (name == "cat")).save(path) if place < 5 else path.write_bytes(
                content
            )
    monkeypatch.setattr("vitrine.reports.data.page.MOST_UNUSED", 20)
    monkeypatch.setattr("vitrine.reports.data.page.MOST_REASONS", 1)
    write_data_report(prepare_source(tmp_path).folder)
    page = Page(tmp_path / "prepared" / "report.html")
    assert "20 of the 50 files by name; manifest.csv beside this page lists all" in page.text
    assert "1 other reason" in page.text
    assert len(re.findall(r"(?:cat|dog)/\d\d\.png could not be read: ", page.text)) == 20


@pytest.mark.slow
def test_the_page_stays_small_however_many_files_there_are(tmp_path):
    prepared = prepare_classes(tmp_path, {"cat": 10, "dog": 10})
    manifest = read_manifest(prepared.folder)
    kept, bad = 10_000 * len(manifest), 100_000
    many = pd.concat([manifest] * 10_000 + [manifest[:1]] * bad, ignore_index=True).sort_values("file", kind="stable")
    places = np.arange(len(many))
    many = many.reset_index(drop=True)
    unused = places % 3 == 0
    many.loc[unused, "status"] = "quarantined"
    many.loc[unused, "reason"] = [f"reason {place}" for place in places[unused]]
    many.loc[unused, ["split", "width"]] = ["", 0]
    write_manifest(many, prepared.folder / "manifest.parquet")
    rows = tuple(places[unused].tolist())
    found = Finding(
        name="unreadable",
        title="Files that could not be read",
        count=len(rows),
        noun="file",
        rows=rows,
        done="Put aside.",
        advice="Look.",
        remarks=tuple("cut short" for _ in rows),
    )
    write_findings(prepared.folder / "findings.json", [found])
    facts = prepared.facts.model_copy(update={"files_found": len(many), "files": {}})
    facts.write(prepared.folder / "prepared.json")
    write_data_report(prepared.folder)
    assert len(many) == kept + bad
    assert (prepared.folder / "report.html").stat().st_size < 1_500_000


def test_contact_sheets_show_up_to_16_pictures_in_their_own_proportions(page):
    sizes = [(picture["width"], picture["height"]) for picture in page.pictures("frame")]
    sizes = sizes[-21:]  # the section of checks stands before
    assert sizes.count(("10", "30")) == 16
    assert sizes.count(("128", "32")) == 4
    assert sizes.count(("50", "50")) == 1
    assert "16 of 20 pictures" in page.text


def test_counts_sizes_and_modes_are_those_of_the_files(page, prepared):
    counts = prepared.facts.counts
    assert f"wide {counts['train']['wide']} {counts['validation']['wide']} {counts['test']['wide']} 4" in page.text
    assert "Width, pixels 10 10 400" in page.text
    assert "4 wide, 20 tall and 1 square" in page.text
    assert "colour (RGB) 21 pictures" in page.text
    assert "grey (L) 4 pictures" in page.text
    assert "PNG 25 pictures" in page.text


def test_notes_of_the_preparation_and_unbalanced_classes_are_shown(page, prepared):
    findings = read_findings(prepared.folder / "findings.json")
    found = notices(prepared.facts, findings, ENGLISH)
    grave = [finding for finding in findings if finding.level == "warning"]
    assert [notice.level for notice in found] == ["warning"] * (len(grave) + len(prepared.facts.notes))
    for notice in found:
        assert notice.text in page.text
    assert f"'{NASTY}' has 20 pictures, 'single' 1." in page.text


def test_copies_are_counted_and_their_splits_named():
    copies = pd.DataFrame({"copy_of": ["a", "a", "b", "b", "b"], "split": ["train", "test", *["train"] * 3]})
    assert say_copies(copies, ENGLISH) == ["3 pictures are copies of others; 1 picture with copies in several splits."]
    assert say_copies(copies[2:4], ENGLISH) == ["1 picture is a copy of others; none across splits."]
    assert say_copies(copies[:0], ENGLISH) == []


def test_the_numbers_of_the_page_are_kept_beside_it(page, prepared):
    numbers = json.loads((prepared.folder / "report.json").read_text("utf-8"))
    assert numbers["verdict"] in page.text
    assert (numbers["found"], numbers["kept"], numbers["quarantined"], numbers["left_out"]) == (28, 25, 2, 1)
    assert numbers["counts"] == prepared.facts.counts
    assert {finding["name"] for finding in numbers["findings"]} >= {"unreadable", "imbalance"}


def test_the_page_is_written_in_french_and_its_numbers_as_before(page, prepared):
    numbers = (prepared.folder / "report.json").read_bytes()
    try:
        write_data_report(prepared.folder, "fr")
        french = Page(prepared.folder / "report.html")
        assert (prepared.folder / "report.json").read_bytes() == numbers
    finally:
        write_data_report(prepared.folder)
    said = plain_spaces(french.text)
    assert "25 fichiers sur 28 sont utilisés ; 2 sont illisibles et 1 a été écarté." in said
    assert f"{NASTY}/empty <b>.jpg illisible : le fichier est vide" in said
    assert "4 en largeur, 20 en hauteur et 1 carrée" in said
    assert "Classes bien plus petites que la plus grande" in said
    left = {"picture", "pictures", "file", "files", "used", "class", "classes", "with", "which"}
    assert not left & set(re.findall("[a-z]+", said)) - {"classes"}


def test_names_are_escaped_and_the_page_is_self_contained(page):
    assert NASTY in page.text
    assert "<i>é" not in page.source
    assert "script" not in page.tags
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"data:[^\"]*", "", page.source))


def test_sixty_classes_make_one_page_of_bearable_size(tmp_path):
    prepared = prepare_classes(tmp_path, {f"class {i:02d}": 4 for i in range(60)}, size=(8, 8))
    write_data_report(prepared.folder)
    assert (prepared.folder / "report.html").stat().st_size < 1_000_000


def test_of_too_many_classes_some_are_shown_evenly_and_the_page_says_so(tmp_path, monkeypatch):
    prepared = prepare_classes(tmp_path, {f"class {i}": 4 for i in range(9)}, size=(8, 8))
    monkeypatch.setattr("vitrine.reports.data.sheets.PICTURES_PER_PAGE", 10)
    write_data_report(prepared.folder)
    source = (prepared.folder / "report.html").read_text("utf-8")
    assert source.count('<ul class="sheet">') == 5
    assert re.findall(r'<h3 class="class-name">(class \d)', source) == [f"class {i}" for i in (0, 2, 4, 6, 8)]
    assert "5 of 9 classes are shown" in Page(prepared.folder / "report.html").text


def test_a_folder_that_is_no_prepared_data_set_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a prepared data set"):
        write_data_report(tmp_path)


def test_pictures_for_the_gate_have_a_column_and_a_tile(make_class_folders):
    folder = trees.prepare(make_class_folders({"cat": 10, "dog": 10}), gate_fraction=0.2).folder
    write_data_report(folder, "fr")
    page = (folder / "report.html").read_text("utf-8")
    assert page.count(">Arbitrage<") == 2
    assert json.loads((folder / "report.json").read_text("utf-8"))["counts"]["gate"] == {"cat": 2, "dog": 2}
