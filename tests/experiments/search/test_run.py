"""A whole search with real trainings, from the command line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from datasets import DatasetDict

from tests.factories import prepare, write_colored_classes
from vitrine.commands import search
from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.experiments.search import gain
from vitrine.experiments.search.file import load_search
from vitrine.experiments.search.run import open_search
from vitrine.records import folder as run_folder
from vitrine.records.search import SearchResult
from vitrine.training import matching_data

ROOT = Path(__file__).parents[3]
FILE = """
recipe: colours.yaml
trials: 3
epochs: 2
seeds: [0]
pruner: {method: none}
parameters:
  model.small_cnn.filters: {choices: [[4], [4, 8]]}
  optim.learning_rate: {low: 1e-4, high: 1e-1, log: true}
"""
RECIPE = """
data: {image_size: 16}
checks: {near_duplicates: false, contradictions: keep}
model: {small_cnn: {filters: [4]}}
optim: {epochs: 2, batch_size: 16}
engine: {precision: fp32, tracker: none}
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """A prepared data set, for reading only."""
    folder = tmp_path_factory.mktemp("search")
    prepare(write_colored_classes(folder / "source", side=16), folder / "prepared" / "colours", image_size=16)
    return folder


@pytest.fixture
def workplace(material, tmp_path, monkeypatch):
    """A folder with a search file, its recipe and the data set."""
    (tmp_path / "prepared").symlink_to(material / "prepared")
    (tmp_path / "colours.yaml").write_text(RECIPE)
    (tmp_path / "small.yaml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_result(workplace):
    return SearchResult.model_validate_json((workplace / "runs/search/small/search.json").read_text("utf-8"))


def test_a_search_ends_with_the_gain_the_best_recipe_and_a_page(workplace, capsys):
    assert search.main(["small.yaml"]) == 0
    printed = capsys.readouterr().out
    assert len(re.findall(r"^trial \d: complete", printed, re.MULTILINE)) == 3
    result = read_result(workplace)
    assert [trial.state for trial in result.trials] == ["complete"] * 3
    best = load_recipe(workplace / "runs/search/small/best.yaml")
    assert str(list(best.model.small_cnn.filters)) == result.best_trial.values["model.small_cnn.filters"]
    assert best.optim.learning_rate == result.best_trial.values["optim.learning_rate"]
    text = (workplace / "runs/search/small/best.yaml").read_text("utf-8")
    assert re.search(r"learning_rate: \S+  # .*searched: 0.0001 to 0.1, logarithmic", text)
    page = (workplace / "runs/search/small/search.html").read_text("utf-8")
    assert "<script" not in page
    assert "http:" not in page.replace("http://www.w3.org", "")
    if not result.found_nothing:
        assert re.search(r"The search gained \S+ points, interval \S+ to \S+: (not )?shown to", printed)
        assert result.gain.pictures == result.pictures[2]
        before, after = sorted((workplace / "runs/search/small/final").iterdir())
        assert before.name.startswith("before_seed_0_")
        assert after.name.startswith(f"best_{result.best:04d}_seed_0_")
        accuracy = json.loads((before / run_folder.METRICS).read_text())
        assert result.gain.base_accuracy == pytest.approx(accuracy["test"]["accuracy"])


@pytest.mark.parametrize("error", [UserError("the loss is no longer a number"), KeyboardInterrupt()])
def test_a_search_whose_last_trainings_fail_or_are_stopped_has_its_best_recipe(workplace, capsys, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(gain, "run_training", fail)
    exit_code = search.main(["small.yaml"])
    recipe = load_recipe(workplace / "runs/search/small/best.yaml")
    if isinstance(error, KeyboardInterrupt):
        assert exit_code == 130
        return
    result = read_result(workplace)
    assert (exit_code, result.gain) == (0, None)
    assert recipe.optim.learning_rate == result.best_trial.values["optim.learning_rate"]
    assert "the loss is no longer a number" in result.gain_failure
    assert "what the search gained is not measured" in capsys.readouterr().out
    assert "the loss is no longer a number" in (workplace / "runs/search/small/search.html").read_text("utf-8")


def test_the_same_command_again_trains_nothing(workplace, capsys, monkeypatch):
    arguments = ["small.yaml", "seeds=[]", "--language", "fr"]
    assert search.main(arguments) == 0
    capsys.readouterr()
    assert search.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "trial 1" not in printed
    assert 'lang="fr"' in (workplace / "runs/search/small/search.html").read_text("utf-8")


def test_a_search_takes_what_its_recipe_does_not_state_from_the_data_set(workplace):
    (workplace / "colours.yaml").write_text("model: {small_cnn: {filters: [4]}}\n")
    opened, prepared = open_search(load_search(Path("small.yaml")))
    assert opened.base.data == prepared.facts.settings.data.model_copy(update={"prepared": None})
    assert opened.base.checks == prepared.facts.settings.checks


def test_trials_never_read_the_test_split(workplace, monkeypatch, capsys):
    opened = matching_data.open_prepared

    def without_test(*arguments):
        prepared = opened(*arguments)
        lengths = DatasetDict({name: rows for name, rows in prepared.splits.items() if name != "test"})
        return prepared.__class__(prepared.folder, prepared.facts, lengths)  # whoever looks gets a KeyError

    monkeypatch.setattr(matching_data, "open_prepared", without_test)
    assert search.main(["small.yaml", "seeds=[]"]) == 0
    assert [trial.state for trial in read_result(workplace).trials] == ["complete"] * 3
    assert not (workplace / "runs/search/small/final").exists()


@pytest.mark.slow
def test_a_pruned_trial_ends_its_training_and_the_next_one_begins(workplace, capsys):
    arguments = ["epochs=3", "pruner.method=median", "pruner.startup_trials=1", "trials=6", "seeds=[]"]
    assert search.main(["small.yaml", *arguments]) == 0
    result = read_result(workplace)
    assert result.cost.pruned >= 1
    assert len(result.trials) == 6
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not list((workplace / "runs/search/small").glob("scratch/*"))


def start(workplace, *arguments):
    program = (
        "import sys; from vitrine.commands.search import main\nif __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    )
    (workplace / "run.py").write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}\n")
    command = [sys.executable, "run.py", "small.yaml", *arguments]
    return subprocess.Popen(
        command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )


@pytest.mark.slow
def test_a_search_killed_twice_and_resumed_by_two_workers_has_all_its_trials(workplace):
    arguments = ["trials=8", "epochs=4", "seeds=[]"]
    for seen in (1, 3):
        with start(workplace, *arguments) as process:
            for line in process.stdout:
                if line.startswith(f"trial {seen}:"):
                    time.sleep(0.2)
                    process.kill()
    with start(workplace, *arguments, "--workers", "2") as process:
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    result = read_result(workplace)
    assert [trial.number for trial in result.trials] == list(range(1, 9))
    assert {trial.state for trial in result.trials} == {"complete"}
    assert result.cost.retried >= 1


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_leaves_a_search_that_goes_on(workplace, workers):
    arguments = ["trials=3", "epochs=60", "early_stopping.patience=60", "seeds=[]", "--workers", workers]
    with start(workplace, *arguments) as process:
        for line in process.stdout:
            if line.startswith("trial 1:"):
                os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the command
                break
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 130, output
    assert "the same command goes on from there" in output
    assert "Traceback" not in output
