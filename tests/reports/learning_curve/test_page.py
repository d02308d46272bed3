import json

import numpy as np
import pytest

from tests.reports.fabricated import Page, prepare_classes
from vitrine.evaluation.learning_curve.curve import measure_learning_curve
from vitrine.reports.learning_curve.page import (
    PAGE,
    advise,
    claim,
    describe_learning_curve,
    write_learning_curve_page,
)
from vitrine.ui.texts import NO_BREAK, load_texts

NASTY = "<i>é & 'co'"
NAMES = [NASTY, "cat", "dog"]
FACTS = {
    "name": "animals", "created": "2026-11-21T09:41:07+00:00", "backbone": "owner/net<1>", "width": 12,
    "device": "CPU, 2 threads", "precision": "fp32", "seconds": {"features": 3.0, "curve": 2.0}, "looked_at": 90,
    "knows_classes": False,
}  # fmt: skip
ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


@pytest.fixture(scope="module")
def curve():
    generator = np.random.default_rng(0)
    label_ids = np.repeat([0, 1, 2], 30)
    features = (1.2 * np.eye(12)[label_ids] + generator.normal(size=(90, 12))).astype(np.float32)
    return measure_learning_curve(features, label_ids, NAMES, repeats=2)


def with_gain(curve, gain, interval):
    twice = curve.outlooks[1].model_copy(update={"gain": gain, "gain_interval": interval})
    return curve.model_copy(update={"outlooks": [curve.outlooks[0], twice, curve.outlooks[2]]})


@pytest.mark.parametrize(
    ("gain", "interval", "words"),
    [
        (0.034, (0.012, 0.05), "Twice as many pictures would probably bring +3.4 points"),
        (0.001, (0.0, 0.003), "would hardly help: twice as many bring +0.1 points"),
        (0.01, (0.0, 0.03), "It is not shown that more pictures would help much"),
        (0.004, (0.002, 0.02), "It is not shown that more pictures would help much"),
    ],
)
def test_the_claim_follows_the_interval(curve, gain, interval, words):
    assert words in claim(with_gain(curve, gain, interval), ENGLISH)


def test_too_few_pictures_are_said_to_be_too_few(curve):
    short = curve.model_copy(update={"outlooks": [], "floor": None, "scale": None, "exponent": None, "gains": []})
    assert "too few pictures to foretell" in claim(short, ENGLISH)
    assert "No class has enough pictures" in advise(short, ENGLISH)
    assert describe_learning_curve(short, ENGLISH)["outlooks"] == []


def test_a_class_is_only_named_where_its_gain_is_shown(curve):
    best = curve.gains[0]
    hidden = curve.model_copy(update={"gains": [best.model_copy(update={"shown": False})]})
    assert advise(hidden, ENGLISH) == "Of no class is it shown that 20 more pictures would help."
    shown = curve.model_copy(
        update={"gains": [best.model_copy(update={"shown": True, "label_name": "cat", "gain": 0.012})]}
    )
    assert advise(shown, ENGLISH).startswith("20 more pictures of “cat” would help most: +1.2 points")


def test_the_page_holds_table_figure_and_the_same_numbers_as_the_json(curve, tmp_path):
    prepared = prepare_classes(tmp_path, {NASTY: 40, "cat": 40, "dog": 40})
    said = write_learning_curve_page(tmp_path / "out", curve, prepared.facts, FACTS, ENGLISH)
    assert '<html lang="en">' in (tmp_path / "out" / "learning_curve.html").read_text("utf-8")
    page = Page(tmp_path / "out" / PAGE)
    numbers = json.loads((tmp_path / "out/learning_curve.json").read_text())
    assert said == f"{numbers['claim']} {numbers['advice']}"
    assert numbers["claim"].replace(NO_BREAK, " ") in page.text
    assert numbers["curve"]["outlooks"][1]["accuracy"] == curve.outlooks[1].accuracy
    assert ENGLISH.percent(curve.outlooks[1].accuracy, 1).replace(NO_BREAK, " ") in page.text
    assert NASTY in page.text
    assert "owner/net<1>" in page.text


def test_a_network_that_may_have_seen_the_pictures_is_pointed_out(curve, tmp_path):
    prepared = prepare_classes(tmp_path, {"cat": 40, "dog": 40})
    for knows in (False, True):
        facts = {**FACTS, "knows_classes": knows, "looked_at": 90 + knows}
        write_learning_curve_page(tmp_path / "out", curve, prepared.facts, facts, ENGLISH)
        page = Page(tmp_path / "out" / PAGE)
        assert ("too high and too flat" in page.text) is knows
        assert ("90 of the 91 pictures were looked at" in page.text) is knows


def test_the_french_page_is_french(curve, tmp_path):
    prepared = prepare_classes(tmp_path, {"chat": 40, "chien": 40})
    write_learning_curve_page(tmp_path / "out", curve, prepared.facts, FACTS, FRENCH)
    assert '<html lang="fr">' in (tmp_path / "out" / "learning_curve.html").read_text("utf-8")
    page = Page(tmp_path / "out" / PAGE)
    assert "images aideraient-elles" in page.text
    assert FRENCH.percent(curve.outlooks[1].accuracy, 1).replace(NO_BREAK, " ") in page.text
    assert "pictures" not in page.text
