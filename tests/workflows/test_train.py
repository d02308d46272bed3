"""From a data set to a run: what a recipe says, what keywords change, how an interrupted training goes on."""

import shutil
from pathlib import Path

import pytest

import vitrine
from tests.factories import fault_of, write_tiny_resnet
from vitrine.training.loop.trainer import Trainer


def stop_after_checkpoint(monkeypatch, train):
    """Lets a training end with its first checkpoint, as by Ctrl-C; what ended it."""
    save = Trainer._save

    def save_then_stop(trainer):
        save(trainer)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_save", save_then_stop)
        with pytest.raises(KeyboardInterrupt) as stopped:
            train()
    return stopped


def test_an_interrupted_training_says_how_to_go_on_and_goes_on(colors_folder, monkeypatch):
    stopped = stop_after_checkpoint(monkeypatch, lambda: vitrine.train("prepared/colours", epochs=2))
    (note,) = stopped.value.__notes__
    (unfinished,) = Path("runs/colours").iterdir()
    assert f"vitrine.train(data, resume='{unfinished}')" in note
    assert "is not finished; go on with: vitrine.train(data, resume=" in fault_of(vitrine.load, unfinished)
    assert "leave out epochs" in fault_of(vitrine.train, "prepared/colours", resume=unfinished, epochs=3)
    run = vitrine.train("prepared/colours", resume=unfinished)
    assert run.metrics.training.epochs == 2
    assert run.folder.name == unfinished.name.removesuffix(".unfinished")
    assert "is not a run folder" in fault_of(vitrine.train, "prepared/colours", resume=unfinished)


def weights_of(folder):
    return (Path(folder) / "model" / "model.safetensors").read_bytes()


def test_the_recipe_keeps_the_address_of_a_data_set_in_a_store(colors_folder, put_in_store):
    from vitrine.workflows.train import recipe_for

    address = put_in_store(Path("prepared/colours"))
    recipe = recipe_for(address, None, {})
    assert (recipe.name, recipe.data.image_size, recipe.data.prepared) == ("colours", 16, address)


@pytest.mark.slow
def test_a_data_set_in_a_store_trains_just_what_its_folder_does_and_goes_on_where_there_is_no_copy(
    colors_folder, put_in_store, monkeypatch
):
    parts = {"epochs": 2, "report.study": False, "engine.tracker": "none", "engine.reading": "shards"}
    expected = vitrine.train("prepared/colours", **parts)
    address = put_in_store(Path("prepared/colours"))
    run = vitrine.train(address, **parts)
    assert weights_of(run.folder) == weights_of(expected.folder)
    assert (run.metrics.test, run.recipe.data.prepared) == (expected.metrics.test, address)

    stop_after_checkpoint(monkeypatch, lambda: vitrine.train(address, name="stopped", **parts))
    shutil.rmtree("cache")  # as another machine, or the same one at another time
    (unfinished,) = Path("runs/stopped").iterdir()
    assert weights_of(vitrine.train(address, resume=unfinished).folder) == weights_of(expected.folder)


@pytest.mark.slow
def test_a_data_set_that_is_streamed_gives_the_run_of_its_folder(in_many_files, put_in_store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = {"epochs": 2, "batch_size": 4, "engine.tracker": "none", "engine.reading": "streamed"}
    parts["backbone"] = write_tiny_resnet(tmp_path / "tiny")
    expected = vitrine.train(in_many_files.folder, **parts)
    address = put_in_store(in_many_files.folder)
    run = vitrine.train(address, **parts)
    assert weights_of(run.folder) == weights_of(expected.folder)
    assert run.metrics.test == expected.metrics.test
    assert run.metrics.mistakes == expected.metrics.mistakes

    stop_after_checkpoint(monkeypatch, lambda: vitrine.train(address, name="stopped", **parts))
    (unfinished,) = Path("runs/stopped").iterdir()
    assert weights_of(vitrine.train(address, resume=unfinished).folder) == weights_of(expected.folder)
    (copy,) = Path("cache/vitrine/prepared").glob("bucket-*")
    assert copy.name.endswith("-streamed")


@pytest.mark.parametrize("when", ["training.head.fit.fit_on_inputs", "reports.run.page.write_run_report"])
def test_a_head_that_ends_early_keeps_features_and_model_and_goes_on(colors_folder, monkeypatch, when):
    def stop(*_, **__):
        raise KeyboardInterrupt

    parts = {"model": {"trainable_part": "head"}, "report": {"study": False}, "engine": {"tracker": "none"}}
    with monkeypatch.context() as patched:
        patched.setattr(f"vitrine.{when}", stop)
        with pytest.raises(KeyboardInterrupt) as stopped:
            vitrine.train("prepared/colours", backbone=str(write_tiny_resnet(Path("tiny"))), epochs=1, **parts)
    (unfinished,) = Path("runs/colours").iterdir()
    assert stopped.value.__notes__[0].startswith("what was done so far is kept; go on with: vitrine.train(")
    monkeypatch.setattr("vitrine.training.head.features.compute_features", stop)  # they are there already
    assert vitrine.train("prepared/colours", resume=unfinished).metrics.training.epochs == 1


def test_what_a_recipe_file_says_holds_and_keywords_change_it(colors_folder):
    from vitrine.workflows.train import recipe_for

    Path("quick.yaml").write_text("optim: {epochs: 7, weight_decay: 0.2}\n")
    recipe = recipe_for("prepared/colours", "quick.yaml", {"optim.epochs": 3})
    assert (recipe.name, recipe.optim.epochs, recipe.optim.weight_decay) == ("quick", 3, 0.2)
    assert (recipe.data.image_size, recipe.data.source) == (16, "pictures/colours")


def test_a_run_that_never_began_leaves_nothing(colors_folder, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("vitrine.training.run.fit_network", stop)
    there = {path.name for path in Path().iterdir()}
    with pytest.raises(KeyboardInterrupt):
        vitrine.train("prepared/colours", name="other", folder="elsewhere")
    assert {path.name for path in Path().iterdir()} - there == {"elsewhere"}
    assert list(Path("elsewhere").iterdir()) == []
