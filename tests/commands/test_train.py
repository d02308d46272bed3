import json

import pytest

from tests.factories import prepare, write_colored_classes
from vitrine.commands import train
from vitrine.data.manifest.split_names import SPLITS
from vitrine.data.prepared import dataset
from vitrine.experiments.compare.cost import COST
from vitrine.records import folder as run_folder
from vitrine.training.loop.trainer import Trainer

SHAPE = [
    *("model.small_cnn.filters=[8, 16]", "optim.epochs=3", "data.image_size=32", "engine.tracker=none"),
    *("checks.near_duplicates=off", "checks.contradictions=keep"),
]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare(write_colored_classes(tmp_path / "source"), tmp_path / "prepared" / "colours")
    return tmp_path


@pytest.fixture
def openings(workplace, monkeypatch):
    """Splits of the prepared data set that were opened, whoever asked for them."""
    opened, open_split = [], dataset.open_shards

    def watched(folder, split, label_names):
        opened.append(split)
        return open_split(folder, split, label_names)

    monkeypatch.setattr(dataset, "open_shards", watched)
    return opened


def run_folders(workplace):
    return sorted(path.name for path in (workplace / "runs").glob("colours/*") if not path.is_symlink())


def test_a_finished_run_is_complete_and_is_the_latest(workplace, openings, capsys):
    assert train.main(["name=colours", *SHAPE]) == 0
    assert sorted(openings) == sorted(SPLITS)  # once, for training, evaluation and report
    latest = workplace / "runs/colours" / run_folder.LATEST
    names = {path.name for path in latest.iterdir()}
    assert (latest / "model/README.md").read_text("utf-8").startswith("---\n")
    assert names == {
        "data.json",
        "environment.json",
        "logits.npz",
        "figures",
        "history.csv",
        "metrics.json",
        "model",
        "predictions.csv",
        "recipe.yaml",
        "report.html",
    }
    accuracy = json.loads((latest / run_folder.METRICS).read_text())["test"]["accuracy"]
    printed = capsys.readouterr().out
    assert f"test accuracy {accuracy:.3f} on 9 pictures" in printed
    assert f"python -m vitrine app --model {latest.resolve().relative_to(workplace) / 'model'}" in printed


@pytest.mark.slow
def test_an_interrupted_run_goes_on_and_ends_as_an_uninterrupted_one(workplace, openings, monkeypatch, capsys):
    assert train.main(["name=colours", *SHAPE]) == 0
    whole = (workplace / "runs/colours/latest/predictions.csv").read_text()
    (finished,) = run_folders(workplace)
    save = Trainer._save

    def save_then_stop(trainer):
        save(trainer)
        if len(trainer.fit.history) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_save", save_then_stop)
        assert train.main(["name=colours", *SHAPE]) == 130
    (unfinished,) = set(run_folders(workplace)) - {finished}
    assert unfinished.endswith(run_folder.UNFINISHED)
    command = f"vitrine train --resume runs/colours/{unfinished}"
    assert command in capsys.readouterr().out
    assert (workplace / "runs/colours/latest").resolve().name == finished
    openings.clear()
    assert train.main(command.split()[2:]) == 0
    assert sorted(openings) == sorted(SPLITS)
    assert len(run_folders(workplace)) == 2
    assert (workplace / "runs/colours/latest").resolve().name == unfinished.removesuffix(run_folder.UNFINISHED)
    assert (workplace / "runs/colours/latest/predictions.csv").read_text() == whole


@pytest.mark.slow
def test_a_run_whose_report_failed_is_finished_by_resuming(workplace, monkeypatch):
    import vitrine.reports.run.page

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(vitrine.reports.run.page, "write_run_report", fail)
        assert train.main(["name=colours", *SHAPE]) == 2
    (unfinished,) = run_folders(workplace)
    assert train.main(["--resume", f"runs/colours/{unfinished}"]) == 0
    assert (workplace / "runs/colours/latest/report.html").exists()


@pytest.mark.slow
def test_a_run_at_work_is_not_resumed_beside_itself(workplace, capsys):
    assert train.main(["name=colours", *SHAPE]) == 0
    (finished,) = (workplace / "runs/colours").glob("2*")
    at_work = finished.with_name(finished.name + run_folder.UNFINISHED)
    finished.rename(at_work)
    before = sorted(at_work.rglob("*"))
    with run_folder.hold_run(at_work):
        assert train.main(["--resume", str(at_work)]) == 2
    assert "another training is at work on this run" in capsys.readouterr().err
    assert sorted(at_work.rglob("*")) == before


def test_a_run_of_a_comparison_is_left_to_it(tmp_path, capsys):
    (tmp_path / COST).touch()
    assert train.main(["--resume", str(tmp_path)]) == 2
    assert "is a run of a comparison; give the comparison's command once more" in capsys.readouterr().err


def test_resuming_takes_no_other_recipe(workplace, capsys):
    assert train.main(["name=colours", "--resume", "runs/colours/x.unfinished"]) == 2
    assert "a run goes on with its own recipe" in capsys.readouterr().err


def test_a_missing_backbone_is_one_message_and_leaves_no_run(workplace, capsys):
    assert train.main(["name=colours", *SHAPE, "model.backbone=rasnet18"]) == 2
    assert "model.backbone: there is no 'rasnet18'; nearest in our table: resnet18" in capsys.readouterr().err
    assert run_folders(workplace) == []
