"""Predictions become one record: which pictures count, which do not, and why."""

import pytest

import vitrine
from tests.conftest import draw_shape
from vitrine.data.loading.labeled import open_labeled
from vitrine.errors import UserError
from vitrine.workflows.evaluate import measure_model
from vitrine.workflows.parameters import build_recipe


@pytest.fixture
def measure(colors_folder):
    """A function that measures the colours' model on a folder of pictures."""
    predictor = vitrine.load("finished").predictor

    def call(source, given=(), split=None, **parameters):
        recipe = build_recipe(None, {"data.source": source, **parameters})
        data = open_labeled(recipe.data, recipe.labels, split, colors_folder / "workspace", predictor.rendering)
        return measure_model(predictor, data, source, given, top_k=2)

    return call


def write_pictures(folder, classes):
    for kind, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            draw_shape(kind, number).save(folder / name / f"{number}.png")


def test_pictures_of_unknown_classes_and_broken_ones_are_set_apart_and_counted(measure, colors_folder):
    write_pictures(colors_folder / "new", {"red": 4, "blue": 2, "violet": 3})
    (colors_folder / "new/red/broken.png").write_text("no picture")
    measured = measure("new")
    data = measured.evaluation.data
    assert (data.found, data.measured, data.unknown) == (10, 6, {"violet": 3})
    assert data.unreadable == (("red/broken.png", "a text, not a picture; get the picture again"),)
    assert measured.predictions.logits.shape == (6, 3)
    assert sorted(map(measured.predictions.label_names.__getitem__, measured.predictions.label_ids)) == (
        ["blue"] * 2 + ["red"] * 4
    )
    assert measured.unknown["label_name"].tolist() == ["violet"] * 3
    assert measured.show(measured.predictions.ids[0]).size == (24, 20)


def test_pictures_that_the_model_learned_from_are_refused(measure):
    with pytest.raises(UserError, match=r"^--split all: the model learned from pictures of"):
        measure("prepared/colours", split="all")


def test_a_data_set_of_which_no_picture_can_be_read_is_named(measure, colors_folder):
    for name in ("red", "blue"):
        (colors_folder / "new" / name).mkdir(parents=True)
        (colors_folder / "new" / name / "broken.png").write_text("no picture")
    with pytest.raises(UserError, match=r"new: no picture of a class .* can be read \(blue/broken\.png: a text"):
        measure("new")


def test_a_column_of_subgroups_gives_each_its_own_figures(measure, colors_folder):
    write_pictures(colors_folder / "new", {"red": 4, "blue": 4})
    rows = [
        f"{name}/{number}.png,{name},{('face', 'body')[number % 2]}" for name in ("red", "blue") for number in range(4)
    ]
    (colors_folder / "new" / "table.csv").write_text("\n".join(["image,label,kind", *rows]))
    measured = measure("new/table.csv", **{"data.columns.subgroup": "kind"})
    found = measured.evaluation.evidence.mistakes.subgroups
    assert sorted((one.name, one.pictures, one.rest_pictures) for one in found) == [("body", 4, 4), ("face", 4, 4)]
    assert measure("new/table.csv").evaluation.evidence.mistakes.subgroups is None
