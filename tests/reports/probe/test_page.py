import base64
import hashlib
import json
import re

import numpy as np
import pytest

from tests.reports.fabricated import Page, prepare_classes
from tests.reports.probe.studies import study_rows
from vitrine.evaluation.probe.linear_probe import study_features
from vitrine.records.evidence import MOST_DENSE
from vitrine.reports.probe.page import collect_numbers, draw_clusters, write_feasibility_page
from vitrine.ui.palette import LIGHT
from vitrine.ui.texts import load_texts

NASTY = "<i>é & 'co'</script>"[:-9]
FACTS = {
    "name": "animals", "backbone": "owner/net<1>", "created": "2026-11-21T09:41:07+00:00", "seed": 0, "width": 12,
    "device": "CPU, 2 threads", "precision": "fp32", "seconds": {"features": 3.0, "figures": 2.0},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    prepared = prepare_classes(folder, {NASTY: 40, "cat": 40, "dog": 40})
    rows, study = study_rows(prepared, distance=8, same=(1,))
    write_feasibility_page(folder / "study", study, prepared, rows, len(rows), FACTS)
    write_feasibility_page(folder / "french", study, prepared, rows, len(rows), FACTS, "fr")
    return folder / "study"


@pytest.fixture(scope="module")
def page(folder):
    return Page(folder / "feasibility.html")


def test_the_page_opens_with_the_expectation_of_the_numbers(page, folder):
    numbers = json.loads((folder / "feasibility.json").read_text())
    assert numbers["expectation"] in page.text
    assert f"about {numbers['head']['accuracy']:.2f} with a frozen backbone" in page.text
    assert numbers["confused_pairs"][0]["first"] == NASTY
    assert np.trace(numbers["head"]["confusion_matrix"]) == numbers["head"]["right"]
    assert numbers["pictures"] == np.sum(numbers["clusters"]["matrix"])


def test_the_page_is_written_in_french_but_its_numbers_stay_as_they_are(page, folder):
    french = Page(folder.with_name("french") / "feasibility.html")
    said = " ".join(french.text.split())
    assert "étude de faisabilité" in said
    assert "avec un réseau figé" in said
    assert "Indice de Rand ajusté" in said
    words = json.loads(french.source.split('id="dots">')[1].split("</script>")[0])["words"]
    assert words["wrong"] == "appelée {name}, {share}"
    assert "Expect an accuracy" not in said
    numbers = [json.loads((place / "feasibility.json").read_text()) for place in (folder, folder.with_name("french"))]
    assert numbers[0] == numbers[1]


def test_names_are_shown_as_text_wherever_they_stand(page):
    assert "i" not in page.tags[1:] or "<i>é" not in page.source
    assert "net<1>" in page.text
    assert f"called {NASTY}" in page.text


def test_the_page_loads_nothing_and_runs_only_its_own_script(page):
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    policy = next(a["content"] for _, a in page.attributes if a.get("http-equiv") == "Content-Security-Policy")
    script = page.source.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_every_studied_picture_is_a_dot_in_both_maps(page):
    dots = json.loads(page.source.split('id="dots">')[1].split("</script>")[0])["dots"]
    paths = re.findall(r'<g class="dots"[^>]*><path d="([^"]*)"', page.source)
    assert len(paths) == 6
    assert sum(path.count("M") for path in paths) == 2 * len(dots)
    assert all(dot["picture"].startswith("data:image/webp;base64,") for dot in dots)
    assert all(0 < x < 640 and 0 < y < 520 for dot in dots for x, y in dot["at"])


def test_mixed_up_pictures_are_shown_under_their_pair(page, folder):
    pair = json.loads((folder / "feasibility.json").read_text())["confused_pairs"][0]
    assert f"{pair['first_as_second']} of {pair['first_pictures']} pictures of {NASTY}" in page.text
    assert len(page.pictures("frame")) >= min(4, pair["first_as_second"]) + min(4, pair["second_as_first"])


@pytest.fixture(scope="module")
def wide_study():
    """More classes than a whole matrix is written for, though pictures of only 41 of them."""
    label_ids = np.repeat(np.arange(41), 3)
    features = np.eye(41, dtype=np.float32)[label_ids] + np.random.default_rng(0).normal(0, 0.4, (123, 41))
    return study_features(features.astype(np.float32), label_ids, MOST_DENSE + 1)


def test_of_many_classes_the_numbers_hold_what_is_not_zero(wide_study):
    numbers = collect_numbers(wide_study, [f"class {place}" for place in range(MOST_DENSE + 1)], {})
    assert numbers["head"]["confusion_matrix"] is None
    assert numbers["clusters"]["matrix"] is None
    for cells, matrix in (
        (numbers["head"]["confusions"], wide_study.head.matrix),
        (numbers["clusters"]["cells"], wide_study.clusters.matrix),
    ):
        assert {(row, column): count for row, column, count in cells} == {
            (row, column): matrix[row, column] for row, column in np.argwhere(matrix).tolist()
        }


def test_both_figures_of_many_groups_call_the_columns_groups(wide_study):
    texts = load_texts("en")
    names = [f"class {place}" for place in range(MOST_DENSE + 1)]
    axes = draw_clusters(wide_study, names, LIGHT, texts).axes
    assert [one.get_xlabel() for one in axes] == [texts("study.groups.x_axis")] * 2
    assert [one.get_ylabel() for one in axes] == [texts("study.groups.y_axis")] * 2
