"""Corrections become a revision, or the reasons why not; the model in use is untouched until then."""

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import vitrine
from tests.corrections.examples import judgment
from tests.factories import fault_of, write_colored_classes
from vitrine.corrections.export import write_table as write_judgments
from vitrine.data.labels.corrections import read_rows
from vitrine.records.corrections import Row, write_rows
from vitrine.records.gate import GATE_ANSWERS, GATE_REPORT, GateMargins, GateReport
from vitrine.records.prepared import read_facts
from vitrine.records.revisions import ModelLine
from vitrine.workflows.retrain import check_retrainable, retrain
from vitrine.workflows.rollback import roll_back

# A tiny network on few pictures: what is measured here is the way, not the size of the margins.
WIDE = GateMargins(accuracy=0.2, class_accuracy=0.4, probabilities=0.5, calibration=0.4, answered=1.0, latency=100)
EPOCHS = 12
KEPT = f"pictures/aa/{'a' * 64}.png"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A trained model whose data set has pictures for the gate; for reading only."""
    folder = tmp_path_factory.mktemp("retraining")
    patched = pytest.MonkeyPatch()
    patched.chdir(folder)
    write_colored_classes(Path("pictures/colours"), per_class=40, side=16)
    parameters = {"data.gate_fraction": 0.4, "checks.near_duplicates": False}
    data = vitrine.prepare("pictures/colours", image_size=16, progress=False, **parameters)
    small = {"model.small_cnn.filters": [8, 16], "report.study": False, "engine.tracker": "none"}
    vitrine.train(data, epochs=EPOCHS, seed=0, learning_rate=0.01, progress=False, **small)
    patched.undo()
    return folder


@pytest.fixture
def place(workplace, tmp_path, monkeypatch):
    """The current folder, where more may be written."""
    (tmp_path / "first").symlink_to((workplace / "runs/colours/latest").resolve())
    for name in ("pictures", "prepared"):
        (tmp_path / name).symlink_to(workplace / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vitrine.workflows.gate.measure_memory", lambda *_: 1_000_000)
    return tmp_path


def rows_of(split):
    manifest = pd.read_parquet("prepared/colours/manifest.parquet")
    rows = manifest[manifest["split"] == split]
    return list(zip(rows["file"], rows["label_name"], strict=True))


def write_table(rows, path="corrections.csv"):
    write_rows(Path(path), rows)
    return path


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_corrections_that_do_no_harm_become_a_revision_and_the_former_one_comes_back(place):
    (file, label), *_ = rows_of("train")
    judged, its_label = rows_of("gate")[0]
    table = write_table([Row(file, label, action="remove"), Row(judged, its_label, action="remove")])
    done = retrain("first", table, margins=WIDE, progress=False)
    assert done.report.findings.verdict == "accepted"
    assert (done.report.became, done.report.test_readings) == (2, 2)
    assert [row.file for row in done.report.learned.left_out] == [judged]
    assert done.report.learned.removed == 1
    assert GateReport.read(done.folder / "gate.json") == done.report
    assert len(pd.read_csv(done.folder / GATE_ANSWERS)) == len(rows_of("gate"))
    page = (done.line.place(2) / GATE_REPORT).read_text("utf-8")
    assert "Accepted: revision 2 is in use now." in page
    assert digest(Path("models/colours/current")) == digest(done.run / "model")
    assert vitrine.load("models/colours/current").label_names == ("blau é", "red", "vert <b>")

    assert roll_back("models/colours").log.in_use == 1
    assert digest(Path("models/colours/current")) == digest(Path("first/model"))
    assert roll_back("models/colours", 2).log.in_use == 2

    (other, its_label), *_ = rows_of("train")[1:]
    table = write_table([Row(file, label, action="remove"), Row(other, its_label, action="remove")])
    again = retrain("models/colours", table, margins=WIDE, progress=False)
    assert again.report.learned.removed == 1  # the first is known already
    assert [row.file for _, row in read_rows(again.folder / "corrections.csv")] == [file, other]


def test_wrong_labels_are_refused_and_leave_nothing_but_the_report(place):
    names = {"red": "blau é", "blau é": "red"}
    rows = [
        Row(file, label, action="relabel", new_label=names[label])
        for split in ("train", "validation")
        for file, label in rows_of(split)
        if label in names
    ]
    # A picture of each stays as it is, since a class must have one to learn from.
    kept = [next(row for row in rows if row.label_name == name) for name in names]
    before = digest(Path("first/model"))
    done = retrain("first", write_table([row for row in rows if row not in kept]), margins=WIDE, progress=False)
    assert done.report.findings.verdict == "refused"
    assert (done.run, done.report.test_accuracy, done.report.test_readings) == (None, None, 1)
    assert {path.name for path in done.folder.iterdir()} == {"gate.json", "gate.html", GATE_ANSWERS, "corrections.csv"}
    assert not list(Path("runs/colours").glob("*"))
    line = ModelLine.open(Path("models/colours"))
    assert line.log.in_use == 1
    assert digest(line.model) == before


def test_what_cannot_be_retrained_is_told_before_anything_is_written(place):
    (file, label), *_ = rows_of("train")
    table = write_table([Row(file, label, action="remove")])
    assert "keeps the pictures" in fault_of(retrain, "first", table, **{"data.image_size": 32})
    assert "is not a run folder" in fault_of(retrain, "pictures", table)
    assert "there is no file nowhere.csv" in fault_of(retrain, "first", "nowhere.csv")
    assert "no row of corrections.csv is marked" in fault_of(retrain, "first", write_table([Row(file, label)]))
    assert not list(Path("models/colours/attempts").iterdir())


def test_a_store_that_speaks_of_other_data_sets_alone_says_nothing_new(place):
    said = [judgment("a", "pear", file="fruit/1.jpg", label_name="apple"), judgment("b", kept=KEPT, model="fruits")]
    write_judgments(Path("store.csv"), said)
    message = fault_of(retrain, "first", "store.csv")
    assert "says nothing new" in message
    assert "2 rows were passed over, of other data sets or models" in message


def test_a_retraining_that_is_stopped_leaves_nothing(place, monkeypatch):
    def save_and_stop(_plan, _prepared, folder, *_):
        (folder / "checkpoint/number_000001").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr("vitrine.training.run.fit_network", save_and_stop)
    (file, label), *_ = rows_of("train")
    with pytest.raises(KeyboardInterrupt):
        retrain("first", write_table([Row(file, label, action="remove")]), progress=False)
    assert not list(Path("models/colours/attempts").iterdir())
    assert not list(Path("runs").rglob("*.unfinished"))
    assert ModelLine.open(Path("models/colours")).log.in_use == 1


@pytest.mark.slow
def test_a_data_set_without_pictures_for_the_gate_is_refused(colors_folder):
    Path("corrections.csv").write_text("file,label_name,action\nx,y,remove\n")
    assert "data.gate_fraction=0.2" in fault_of(retrain, "finished", "corrections.csv")


def test_a_data_set_that_was_prepared_anew_is_refused(place, monkeypatch):
    facts = read_facts(Path("prepared/colours")).model_copy(update={"version": "another"})
    monkeypatch.setattr("vitrine.workflows.retrain.read_facts", lambda _: facts)
    (file, label), *_ = rows_of("train")
    said = fault_of(retrain, "first", write_table([Row(file, label, action="remove")]))
    assert "was prepared anew since" in said
    assert "Train on it once more, and begin new revisions from that run" in said


def test_there_is_nothing_before_the_first_revision(place):
    ModelLine.begin(Path("models/colours"), "colours", Path("first"), 1.0, ["red"])
    assert "there is none before it" in fault_of(roll_back, "models/colours")


@pytest.mark.slow
def test_a_class_gets_another_name_and_new_pictures_and_keeps_its_id(place):
    source = Path("pictures/colours/red/000.png")
    for number in range(3):
        with Image.open(source) as image:
            image.resize((20 + number, 20)).save(f"new {number}.png")
    rows = [Row(f"new {number}.png", "", action="add", new_label="red") for number in range(3)]
    judge, _ = next(row for row in rows_of("gate") if row[1] == "red")
    shutil.copy(Path("pictures/colours") / judge, "copy.png")
    rows += [Row("copy.png", "", action="add", new_label="blau é"), Row("", "red", action="rename", new_label="rouge")]
    done = retrain("first", write_table(rows), margins=WIDE, progress=False)
    learned = done.report.learned
    assert learned.added == {"rouge": 3}
    assert [(change.kind, change.before, change.now) for change in learned.classes] == [("renamed", "red", "rouge")]
    assert [row.reason for row in learned.left_out] == [f"a copy of the gate picture {judge}"]
    assert done.report.findings.new_classes == ()
    assert vitrine.load("models/colours/current").label_names == ("blau é", "rouge", "vert <b>")
    assert done.line.in_use.class_ids == {"blau é": 1, "rouge": 2, "vert <b>": 3}
    assert "renamed red, 3 pictures added" in done.line.in_use.change


def test_a_run_on_a_data_set_in_a_store_is_retrained_on_its_copy(place, put_in_store):
    address = put_in_store(Path("prepared/colours"))
    run = Path(shutil.copytree(Path("first").resolve(), "of_store"))
    recipe = run / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("prepared: prepared/colours", f"prepared: {address}"))
    assert address in recipe.read_text()
    Path("prepared").unlink()
    check_retrainable(run)
