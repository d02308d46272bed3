"""The map of a feasibility study."""

import numpy as np
import pytest

from tests.reports.fabricated import prepare_classes
from tests.reports.probe.studies import study_rows
from vitrine.reports.probe import class_map
from vitrine.reports.probe.class_map import MOST_MARKED, build_map


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


def test_dots_keep_their_proportions_and_the_pointer_finds_them(tmp_path):
    prepared = prepare_classes(tmp_path, {"cat": 12, "dog": 12})
    rows, study = study_rows(prepared, distance=8)
    drawn = build_map(study, rows, prepared.label_names)
    assert [dot["file"] for dot in drawn.dots] == list(rows["file"])
    assert [dot["label"] for dot in drawn.dots] == list(rows["label"])
    at = np.array([dot["at"][0] for dot in drawn.dots])
    places = study.maps.pca
    scale = (at[1, 0] - at[0, 0]) / (places[1, 0] - places[0, 0])
    assert (at[:, 0] - at[0, 0]) == pytest.approx(scale * (places[:, 0] - places[0, 0]), abs=1.0)
    assert (at[:, 1] - at[0, 1]) == pytest.approx(-scale * (places[:, 1] - places[0, 1]), abs=1.0)  # y points down
    assert drawn.with_picture == len(rows)


def test_only_mistakes_have_a_ring(tmp_path):
    prepared = prepare_classes(tmp_path, {"cat": 20, "dog": 20})
    rows, apart = study_rows(prepared, distance=30)
    assert build_map(apart, rows, prepared.label_names).rings == ("", "")
    rows, alike = study_rows(prepared, distance=0)
    wrong = int((alike.head.answers != np.asarray(rows["label"])).sum())
    assert wrong > 0
    assert [ring.count("M") for ring in build_map(alike, rows, prepared.label_names).rings] == [wrong, wrong]
