"""The records of a run, read back and held against each other."""

import json
import shutil

import pytest

from tests.records.examples import RUN, make_metrics
from vitrine.errors import UserError
from vitrine.records.run import Metrics, TrainingFigures, read_run

LABELS = ("blau é", "red", "vert <b>")
FILES = ("recipe.yaml", "environment.json", "history.csv", "metrics.json", "predictions.csv", "model/config.json")


@pytest.fixture
def run(tmp_path):
    """The files of a small run that are read."""
    (tmp_path / "model").mkdir()
    for name in FILES:
        shutil.copy(RUN / name, tmp_path / name)
    return tmp_path


def test_a_run_is_read_with_all_its_records(run):
    records = read_run(run, LABELS)
    assert list(records.history["epoch"]) == [1, 2, 3]
    assert len(records.predictions) == records.metrics.test.pictures == 18
    assert records.environment.device == "CPU, 2 threads"
    assert records.recipe == (RUN / "recipe.yaml").read_text("utf-8")


@pytest.mark.parametrize(("config", "own_code"), [({}, False), ({"auto_map": {"AutoConfig": "a.B"}}, True)])
def test_a_model_with_code_of_its_own_is_known_by_its_folder(run, config, own_code):
    (run / "model/config.json").write_text(json.dumps(config))
    assert read_run(run, LABELS).own_code is own_code


@pytest.mark.parametrize("name", FILES)
def test_a_missing_record_is_named(run, name):
    (run / name).unlink()
    with pytest.raises(UserError, match=f"{name} is missing, so the run cannot be reported; train again"):
        read_run(run, LABELS)


def test_a_class_called_na_is_text_in_the_table_of_predictions(run):
    path = run / "predictions.csv"
    text = path.read_text("utf-8").replace("blau é,", "NA,")
    path.write_text(text, "utf-8")
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    metrics["test"]["per_class"][0]["label_name"] = "NA"
    (run / "metrics.json").write_text(json.dumps(metrics))
    predictions = read_run(run, ("NA", *LABELS[1:])).predictions
    assert set(predictions["label_name"]) == {"NA", "red", "vert <b>"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("history.csv", "epoch,train_loss\n", r"history\.csv: it has no rows"),
        ("history.csv", "epoch,train_loss\n1,0.5\n", r"history\.csv: the column train_accuracy is missing"),
        ("history.csv", "epoch,train_loss\n1,low\n", r"history\.csv: the column train_loss holds more than numbers"),
        ("predictions.csv", "file,label_name,predicted\na,b,c\n", r"predictions\.csv: the column correct is missing"),
    ],
)
def test_a_table_that_cannot_be_shown_is_named_with_its_column(run, name, text, message):
    (run / name).write_text(text)
    with pytest.raises(UserError, match=message):
        read_run(run, LABELS)


@pytest.mark.parametrize(
    ("section", "changes", "message"),
    [
        ("test", {"pictures": 17}, "test.pictures is 17, but the confusion matrix holds 18"),
        ("test", {"accuracy": 0.5}, "test.accuracy is 0.5, but predictions.csv gives 1.0"),
        ("test", {"confusion_matrix": [[18]]}, "the confusion matrix is not 3 x 3"),
        ("validation", {"best_epoch": 9}, "validation.best_epoch is 9, which history.csv does not have"),
    ],
)
def test_records_that_contradict_each_other_are_refused(run, section, changes, message):
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    metrics[section] |= changes
    (run / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(UserError, match=message.replace(".", r"\.")):
        read_run(run, LABELS)


def test_predictions_of_fewer_pictures_and_classes_of_another_data_set_are_refused(run):
    with pytest.raises(UserError, match=r"the classes of metrics\.json are not those of the prepared data set"):
        read_run(run, ("a", "b", "c"))
    path = run / "predictions.csv"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    with pytest.raises(UserError, match=r"test\.pictures is 18, but predictions\.csv has 17 rows"):
        read_run(run, LABELS)


def test_sections_that_were_not_measured_and_figures_of_early_versions_are_none():
    content = json.loads(make_metrics().model_dump_json())
    for name in ("calibration", "rejection", "mistakes", "learning_curve"):
        del content[name]
    for name in ("device", "processes", "augmentation", "feature_views", "batch_size", "data_wait_share"):
        del content["training"][name]
    metrics = Metrics.model_validate(content)
    assert metrics.learning_curve is None
    assert metrics.training == TrainingFigures.model_validate(content["training"])
    assert metrics.training.batch_size is None
