"""What a run says of its model: read whole, or refused with what to do."""

import json
import shutil
from pathlib import Path

import pytest

from tests.factories import fault_of
from tests.ship.evidence import GOLDEN_RUN
from vitrine.records.checksums import sum_files
from vitrine.records.prepared import FACTS, read_facts
from vitrine.ship.run_evidence import find_run, read_evidence

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def golden(tmp_path, monkeypatch):
    for part in ("prepared", "runs/colours"):
        shutil.copytree(GOLDEN / part, tmp_path / part)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_of_an_earlier_build_takes_its_counts_from_its_data_set(golden):
    evidence = read_evidence(GOLDEN_RUN)
    assert evidence.data.counts["test"] == {"blau é": 6, "red": 6, "vert <b>": 6}
    assert (evidence.is_pretrained, evidence.own_code) == (False, True)
    evidence.data.model_copy(update={"name": "noted"}).write(GOLDEN_RUN / "data.json")
    shutil.rmtree("prepared")
    assert read_evidence(GOLDEN_RUN).data.name == "noted"


def test_a_run_whose_data_set_is_gone_is_one_message(golden):
    shutil.rmtree("prepared")
    assert "nobody knows what the model learned from; train again" in fault_of(read_evidence, GOLDEN_RUN)


def test_a_model_without_metadata_is_one_message(golden):
    (GOLDEN_RUN / "model/vitrine.json").unlink()
    assert "model: vitrine.json is missing" in fault_of(read_evidence, GOLDEN_RUN)


def test_a_run_is_found_by_its_folder_its_model_and_latest(golden):
    latest = Path("runs/colours/latest")
    latest.symlink_to(GOLDEN_RUN.name)
    for place in (GOLDEN_RUN, GOLDEN_RUN / "model", latest, latest / "model"):
        assert find_run(place) == golden / GOLDEN_RUN


def test_what_is_no_finished_run_is_refused_with_what_to_do(golden):
    unfinished = next(Path("runs/colours").glob("*.unfinished"))
    assert f"--resume {golden / unfinished}` and publish it then" in fault_of(find_run, unfinished)
    assert "prepared/colours is not a run folder" in fault_of(find_run, Path("prepared/colours"))
    assert "nowhere: there is no such folder" in fault_of(find_run, Path("nowhere"))


@pytest.mark.parametrize(
    ("backbone", "weights"),
    [
        ("resnet18", "timm/resnet18.a1_in1k"),
        ("hf-hub:timm/resnet26d.bt_in1k", "timm/resnet26d.bt_in1k"),
        ("/srv/secret/resnet18", "resnet18 (a local copy)"),
    ],
)
def test_a_network_is_called_by_the_weights_that_it_started_from(golden, backbone, weights):
    metrics = json.loads((GOLDEN_RUN / "metrics.json").read_text("utf-8"))
    metrics["training"]["backbone"] = backbone
    (GOLDEN_RUN / "metrics.json").write_text(json.dumps(metrics))
    evidence = read_evidence(GOLDEN_RUN)
    assert (evidence.weights, evidence.is_pretrained) == (weights, True)


def test_a_run_of_an_earlier_build_takes_its_counts_from_a_data_set_in_a_store(golden, put_in_store):
    expected = read_evidence(GOLDEN_RUN).data
    folder = Path("prepared/colours")
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.[ap]*")]  # manifest and pictures
    read_facts(folder).model_copy(update={"files": sum_files(folder, files)}).write(folder / FACTS)
    recipe = GOLDEN_RUN / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("prepared: null", f"prepared: {put_in_store(folder)}"))
    shutil.rmtree("prepared")
    assert read_evidence(GOLDEN_RUN).data == expected
