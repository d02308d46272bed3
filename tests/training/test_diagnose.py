import json

import pytest

from tests.factories import make_recipe, prepare, write_colored_classes
from vitrine.errors import NotMeasurableError, UserError
from vitrine.records import folder as run_folder
from vitrine.training import diagnose as examination
from vitrine.training.run import run_training


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    return prepare(write_colored_classes(folder / "source", per_class=12), folder / "prepared" / "colours")


def train(prepared, folder, *overrides):
    folder.mkdir()
    run_training(make_recipe(prepared, "optim.epochs=1", *overrides), folder)
    return json.loads((folder / run_folder.METRICS).read_text())


def examined(metrics):
    return {part["split"]: part["judge"] for part in metrics["mistakes"]["label_errors"]["examined"]}


def test_a_pretrained_network_judges_the_training_labels_and_gives_a_curve(prepared, checkpoint, tmp_path):
    metrics = train(prepared, tmp_path / "run", f"model.backbone={checkpoint}")
    assert examined(metrics) == {"train": "head", "validation": "model", "test": "model"}
    assert metrics["learning_curve"]["points"]


def test_head_only_training_looks_at_no_picture_again(prepared, checkpoint, tmp_path, monkeypatch):
    def never(*_, **__):
        raise AssertionError("features were computed again")

    monkeypatch.setattr(examination, "compute_frozen_features", never)
    overrides = (f"model.backbone={checkpoint}", "model.trainable_part=head", "augmentation.policy=none")
    metrics = train(prepared, tmp_path / "run", *overrides, "augmentation.horizontal_flip=false")
    assert examined(metrics)["train"] == "head"


def test_the_study_of_a_head_takes_as_many_pictures_as_every_other(prepared, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "MOST_PICTURES", 24)
    metrics = train(prepared, tmp_path / "run", f"model.backbone={checkpoint}", "model.trainable_part=head")
    judged = {part["split"]: part["pictures"] for part in metrics["mistakes"]["label_errors"]["examined"]}
    validation = len(prepared.splits["validation"])
    assert metrics["learning_curve"]["pictures"] == 24
    assert 24 - validation <= judged["train"] < 24


def test_the_study_of_a_head_on_the_map_looks_at_pooled_features(prepared, checkpoint, tmp_path, monkeypatch):
    widths, measure = [], examination.measure_learning_curve
    monkeypatch.setattr(
        examination,
        "measure_learning_curve",
        lambda features, *given: widths.append(features.shape[1]) or measure(features, *given),
    )
    head = ("model.trainable_part=head", "model.head=flatten", "model.head_units=[4]")
    train(prepared, tmp_path / "run", f"model.backbone={checkpoint}", *head)
    assert widths == [16]


@pytest.mark.parametrize("overrides", [("report.study=false",), ("engine.budget_minutes=5",)])
def test_the_study_can_be_left_out_and_is_where_time_is_short(prepared, checkpoint, tmp_path, overrides):
    metrics = train(prepared, tmp_path / "run", f"model.backbone={checkpoint}", *overrides)
    assert examined(metrics) == {"validation": "model", "test": "model"}
    assert metrics["mistakes"]["label_errors"]["not_examined"] == ["train"]
    assert metrics["learning_curve"] is None


def test_a_network_from_scratch_has_no_judge_of_its_training_labels(prepared, tmp_path):
    metrics = train(prepared, tmp_path / "run")
    assert metrics["mistakes"]["label_errors"]["not_examined"] == ["train"]


def test_only_what_cannot_be_measured_is_passed_over(prepared, checkpoint, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise errors.pop()

    monkeypatch.setattr(examination, "compute_frozen_features", refuse)
    errors = [UserError("the pictures are damaged"), NotMeasurableError("no vector")]
    metrics = train(prepared, tmp_path / "one", f"model.backbone={checkpoint}")
    assert metrics["learning_curve"] is None
    with pytest.raises(UserError, match="damaged"):
        train(prepared, tmp_path / "two", f"model.backbone={checkpoint}")
