import base64
import hashlib
import json
import re

import datasets
import numpy as np
import pytest

from tests.reports.fabricated import Page, prepare_classes
from vitrine.evaluation.probe.linear_probe import study_features
from vitrine.reports.probe import class_map
from vitrine.reports.probe.class_map import MOST_MARKED, build_map
from vitrine.reports.probe.page import write_feasibility_page
from vitrine.reports.probe.words import advise, count_doubtful, expect, find_notices
from vitrine.ui.palette import CLASS_COLORS
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")

NASTY = "<i>é & 'co'</script>"[:-9]
FACTS = {
    "name": "animals", "backbone": "owner/net<1>", "created": "2026-11-21T09:41:07+00:00", "seed": 0, "width": 12,
    "device": "CPU, 2 threads", "precision": "fp32", "seconds": {"features": 3.0, "figures": 2.0},
}  # fmt: skip


def make_study(counts, distance, same=(), seed=0):
    """A study of points around one centre per class; the classes in `same` share that of class 0."""
    generator = np.random.default_rng(seed)
    centers = distance * np.eye(max(12, len(counts)))[: len(counts)]
    for label_id in same:
        centers[label_id] = centers[0]
    label_ids = np.repeat(np.arange(len(counts)), counts)
    features = (centers[label_ids] + generator.normal(size=(len(label_ids), centers.shape[1]))).astype(np.float32)
    return study_features(features, label_ids, len(counts)), label_ids.tolist()


def study_rows(prepared, distance, same=()):
    """Training and validation rows in the order of their labels, and a study of them."""
    rows = datasets.concatenate_datasets([prepared.splits["train"], prepared.splits["validation"]]).sort("label")
    study, _ = make_study(np.bincount(rows["label"], minlength=len(prepared.label_names)), distance, same)
    return rows, study


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


def test_of_many_classes_those_that_are_mixed_up_have_the_colors(tmp_path):
    names = {f"class {number:02d}": 6 for number in range(MOST_MARKED + 4)}
    prepared = prepare_classes(tmp_path, names)
    rows, study = study_rows(prepared, distance=30, same=(18, 19))
    classes = {item.label_id: item for item in build_map(study, rows, prepared.label_names).classes}
    marked = {label_id for label_id, item in classes.items() if item.color is not None}
    assert len(marked) == MOST_MARKED
    assert {0, 18, 19} <= marked
    assert len({(classes[label_id].color, classes[label_id].mark) for label_id in marked}) == MOST_MARKED
    assert all(classes[label_id].short_name == "" for label_id in classes.keys() - marked)


def test_pictures_beyond_the_room_of_the_page_are_left_out_but_mistakes_stay(tmp_path, monkeypatch):
    prepared = prepare_classes(tmp_path, {"cat": 30, "dog": 30})
    rows, study = study_rows(prepared, distance=1.5)
    answers = study.head.answers.tolist()
    mistakes = {place for place, label in enumerate(rows["label"]) if answers[place] != label}
    monkeypatch.setattr(class_map, "MOST_PICTURES", len(mistakes) + 3)
    dots = build_map(study, rows, prepared.label_names).dots
    shown = {place for place, dot in enumerate(dots) if dot["picture"]}
    assert mistakes
    assert mistakes < shown
    assert len(shown) == len(mistakes) + 3


def test_the_expectation_names_classes_only_where_they_are_mixed_up():
    names = ("cat", "dog", "fox")
    apart, _ = make_study([30, 30, 30], distance=20)
    assert (
        expect(apart, names, ENGLISH) == "Expect an accuracy of about 1.00 with a frozen backbone; it makes no mistake."
    )
    alike, _ = make_study([30, 30, 30], distance=15, same=(2,))
    assert expect(alike, names, ENGLISH).endswith("with a frozen backbone; 'cat' and 'fox' are hard to tell apart.")


def test_a_study_no_better_than_the_largest_class_says_so():
    study, label_ids = make_study([60, 30], distance=0)
    names = ("cat", "dog")
    (notice,) = find_notices(study, names, label_ids, len(label_ids), ENGLISH)
    assert notice.text.startswith("This is not shown to be better than always naming 'cat', which is right for 0.67")
    assert advise(study, names, label_ids, ENGLISH)[0].startswith("Look at pictures and labels before you train")


def test_classes_that_could_not_be_measured_are_named():
    study, label_ids = make_study([30, 1, 30], distance=20)
    texts = [notice.text for notice in find_notices(study, ("cat", "dog", "fox", "emu"), label_ids, 100, ENGLISH)]
    assert texts[0].startswith("'dog' has too few unrelated pictures")
    assert texts[1] == "'emu' has no training or validation picture."
    assert texts[2] == "61 of the 100 pictures were studied, of each class its share."
    assert "'dog' has fewer than 20" in advise(study, ("cat", "dog", "fox", "emu"), label_ids, ENGLISH)[-1]


def test_a_wrong_label_among_clear_classes_is_a_label_to_check():
    generator = np.random.default_rng(0)
    label_ids = np.repeat([0, 1], 40)
    features = (30 * np.eye(12)[label_ids] + generator.normal(size=(80, 12))).astype(np.float32)
    label_ids[3] = 1
    study = study_features(features, label_ids, 2)
    assert count_doubtful(study, label_ids.tolist()) == 1
    assert any(step.startswith("Check 1 label") for step in advise(study, ("cat", "dog"), label_ids.tolist(), ENGLISH))


@pytest.mark.parametrize(("column", "fill_color"), [(0, "#f6f5f2"), (1, "#242930")])
def test_dots_have_the_contrast_that_wcag_asks_for(column, fill_color):
    def luminance(color):
        levels = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    for colors in CLASS_COLORS:
        low, high = sorted((luminance(colors[column]), luminance(fill_color)))
        assert (high + 0.05) / (low + 0.05) >= 3
