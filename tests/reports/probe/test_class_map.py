"""The map of a feasibility study."""

from dataclasses import replace

import numpy as np
import pytest

from tests.reports.fabricated import prepare_classes
from tests.reports.probe.studies import study_rows
from vitrine.evaluation.probe import choice
from vitrine.reports.probe.class_map import HEIGHT, LINE, MOST_MARKED, build_map


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


def test_of_many_pictures_some_are_drawn_and_the_map_counts_their_mistakes(tmp_path, monkeypatch):
    prepared = prepare_classes(tmp_path, {"cat": 30, "dog": 30})
    monkeypatch.setattr(choice, "MOST_DRAWN", 20)
    rows, study = study_rows(prepared, distance=1.5)
    drawn = build_map(study, rows, prepared.label_names)
    wrong = study.head.is_wrong(np.asarray(rows["label"]))
    assert [dot["file"] for dot in drawn.dots] == [rows["file"][place] for place in study.maps.shown]
    assert [dot["answer"] for dot in drawn.dots] == study.head.answers[study.maps.shown].tolist()
    assert all(dot["picture"] for dot in drawn.dots)
    assert 0 < drawn.mistakes == int(wrong[study.maps.shown].sum()) <= 10
    assert drawn.all_mistakes == int(wrong.sum())
    assert [item.pictures for item in drawn.classes] == np.bincount(rows["label"]).tolist()


def test_names_without_room_below_the_others_are_left_out(tmp_path):
    prepared = prepare_classes(tmp_path, {f"a long name of class {number}": 6 for number in range(8)})
    rows, study = study_rows(prepared, distance=30, same=range(1, 8))
    bottom = replace(study.maps, pca=np.stack([study.maps.pca[:, 0], np.full(len(rows), 0.0)], axis=1))
    bottom.pca[0, 1] = 60.0  # one dot far above
    drawn = build_map(replace(study, maps=bottom), rows, prepared.label_names)
    named = [item.places[0] for item in drawn.classes if item.short_name]
    heights = sorted(y for _, y in named)
    assert 0 < len(named) < 8
    assert max(heights) <= HEIGHT - LINE
    assert min(np.diff(heights), default=LINE) >= LINE - 0.2


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


def test_only_mistakes_have_a_ring(tmp_path):
    prepared = prepare_classes(tmp_path, {"cat": 20, "dog": 20})
    rows, apart = study_rows(prepared, distance=30)
    assert build_map(apart, rows, prepared.label_names).rings == ("", "")
    rows, alike = study_rows(prepared, distance=0)
    wrong = int((alike.head.answers != np.asarray(rows["label"])).sum())
    assert wrong > 0
    assert [ring.count("M") for ring in build_map(alike, rows, prepared.label_names).rings] == [wrong, wrong]
