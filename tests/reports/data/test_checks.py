import pandas as pd
import pytest
from PIL import Image

from tests.reports.fabricated import Page
from vitrine.data.checks.quality import Finding
from vitrine.reports.data.checks import MOST_EXAMPLES, MOST_GROUPS, MOST_MEMBERS, show_findings
from vitrine.ui.frame import TEMPLATES, render
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")
NASTY = "<b>cat & 'co'"


def manifest_of(rows, **columns):
    files = [f"{NASTY}/{row}.jpg" for row in range(rows)]
    values = {"label_name": NASTY, "split": "train", "status": "kept"} | columns
    return pd.DataFrame({"file": files} | values)


def finding(rows=(), groups=(), remarks=(), name="tiny", count=None):
    amount = len(groups) or len(rows) if count is None else count
    noun = "group" if groups else "picture"
    return Finding(
        name=name,
        title="Very small",
        count=amount,
        noun=noun,
        rows=tuple(rows),
        done="Used.",
        advice="Look.",
        level="note",
        groups=tuple(groups),
        remarks=tuple(remarks),
    )


def picture_of(row):
    return Image.new("RGB", (400, 200), (row % 256, 0, 0))


@pytest.fixture
def page_of(tmp_path, monkeypatch):
    """A page with this section alone."""

    def make(findings, manifest, pictures=picture_of):
        folder = tmp_path / "templates"
        folder.mkdir()
        (folder / "page.html.jinja").write_text(
            '{% extends "base.html.jinja" %}{% from "data/checks.html.jinja" import checks %}'
            "{% block main %}{{ checks(findings) }}{% endblock %}"
        )
        monkeypatch.setattr("vitrine.ui.frame.TEMPLATES", (folder, *TEMPLATES))
        (tmp_path / "page.html").write_text(
            render("page.html.jinja", {"findings": show_findings(findings, manifest, pictures, ENGLISH)}),
            encoding="utf-8",
        )
        return Page(tmp_path / "page.html")

    return make


def test_examples_are_few_shrunk_and_the_rest_is_counted():
    shown = show_findings([finding(rows=range(20), remarks=["4 x 4"] * 20)], manifest_of(20), picture_of, ENGLISH)[0]
    assert len(shown.examples) == MOST_EXAMPLES
    assert shown.more == 20 - MOST_EXAMPLES
    assert (shown.examples[0].picture.width, shown.examples[0].picture.height) == (192, 96)
    assert shown.examples[0].remark == "4 x 4"


def test_groups_are_few_with_few_members_and_the_rest_is_counted():
    groups = [tuple(range(place * 6, place * 6 + 6)) for place in range(10)]
    shown = show_findings([finding(rows=range(60), groups=groups)], manifest_of(60), picture_of, ENGLISH)[0]
    assert len(shown.groups) == MOST_GROUPS
    assert {len(group.members) for group in shown.groups} == {MOST_MEMBERS}
    assert {group.more for group in shown.groups} == {6 - MOST_MEMBERS}
    assert (shown.more, shown.examples) == (10 - MOST_GROUPS, [])


def test_a_picture_is_fetched_once_however_often_it_is_shown():
    fetched = []
    findings = [finding(rows=(1,)), finding(rows=(0, 1), groups=((0, 1),), name="copies")]
    show_findings(findings, manifest_of(2), lambda row: fetched.append(row) or picture_of(row), ENGLISH)
    assert sorted(fetched) == [0, 1]


def test_page_shows_copies_side_by_side_with_file_label_split_and_kind(page_of):
    manifest = manifest_of(3, split=["train", "test", ""], status=["kept", "kept", "left_out"])
    page = page_of([finding(rows=(0, 1, 2), groups=((0, 1, 2),), remarks=("mirrored",))], manifest)
    assert "Very small 1 group" in page.text
    assert "mirrored" in page.text
    assert f"{NASTY}/0.jpg {NASTY}, training" in page.text
    assert f"{NASTY}/1.jpg {NASTY}, test" in page.text
    assert f"{NASTY}/2.jpg {NASTY}, left out" in page.text
    assert len(page.pictures("frame")) == 3


def test_files_without_a_picture_are_named_all_the_same(page_of):
    page = page_of([finding(rows=(0,), remarks=("the file is empty",))], manifest_of(1), lambda _: None)
    assert f"{NASTY}/0.jpg: the file is empty" in page.text
    assert "img" not in page.tags


def test_a_missing_picture_beside_others_leaves_an_empty_frame(page_of):
    page = page_of([finding(rows=(0, 1))], manifest_of(2), lambda row: picture_of(row) if row else None)
    assert "no picture" in page.text
    assert len(page.pictures("frame")) == 1


def test_a_finding_without_rows_is_only_said(page_of):
    page = page_of([finding(count=2)], manifest_of(1))
    assert "2 pictures" in page.text
    assert "img" not in page.tags


def test_no_findings_are_good_news(page_of):
    assert "Nothing was found" in page_of([], manifest_of(1)).text


def test_names_are_escaped_and_every_link_of_the_table_leads_somewhere(page_of):
    page = page_of([finding(rows=(0,)), finding(rows=(0,), name="huge")], manifest_of(1))
    assert "<b>cat" not in page.source
    targets = {attributes.get("id") for _, attributes in page.attributes}
    links = {address[1:] for address in page.addresses if address.startswith("#")}
    assert links == {"check-tiny", "check-huge"}
    assert links <= targets
