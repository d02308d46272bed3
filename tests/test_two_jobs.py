"""The same command started twice at once with one output: that is whole, and nothing counts twice."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import torch

from tests.factories import SIDE
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model

EACH = 30  # pictures of a class
PREDICT = ["-m", "vitrine", "predict", "model", "pictures"]
LOCAL = ["--run-on", "local", "--workers", "1"]


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch, make_class_folders):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    save_model(tmp_path / "model", build_small_cnn(["a", "b"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    make_class_folders({"a": EACH, "b": EACH})


def start_twice(words):
    """Exit codes of both, sorted, and what they said."""
    both = [
        subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=250)[0] for process in both]
    assert not any("Traceback" in one for one in said), said
    return sorted(process.returncode for process in both), "\n".join(said)


@pytest.mark.slow
@pytest.mark.parametrize("engine", [[], LOCAL], ids=["alone", "local"])
def test_of_two_preparations_one_is_refused_or_finds_nothing_to_do(tmp_path, engine, request):
    script = str(request.config.rootpath / "data_prep.py")
    codes, said = start_twice([script, "name=d", "data.source=pictures", "data.image_size=16", *engine])
    assert codes in ([0, 0], [0, 2]), said
    assert (codes == [0, 2]) == ("another process is preparing" in said)
    facts = json.loads((tmp_path / "prepared/d/prepared.json").read_text("utf-8"))
    told = [facts[f"files_{fate}"] for fate in ("kept", "quarantined", "left_out")]
    assert facts["files_found"] == sum(told) == 2 * EACH
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["d"]


@pytest.mark.slow
def test_two_jobs_of_answers_in_one_folder_both_end_with_all_of_them(tmp_path):
    codes, said = start_twice([*PREDICT, *LOCAL, "--output", "answers"])
    assert codes == [0, 0], said
    assert said.count(f"({2 * EACH} files, 0 of them with a problem)") == 2
    assert pd.read_parquet("answers/parts")["file"].nunique() == len(pd.read_parquet("answers/parts")) == 2 * EACH
    assert sorted(path.name for path in (tmp_path / "answers").iterdir()) == [
        ".lock", "answers.json", "asked.json", "parts",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_table_that_two_go_on_with_has_each_file_once():
    codes, said = start_twice([*PREDICT, "--output", "answers.csv", "--resume"])
    assert codes in ([0, 0], [0, 2]), said
    assert (codes == [0, 2]) == ("another process writes answers.csv just now" in said)
    assert pd.read_csv("answers.csv")["file"].nunique() == len(pd.read_csv("answers.csv")) == 2 * EACH


@pytest.mark.slow
def test_of_two_evaluations_one_writes_the_page(tmp_path):
    command = ["-m", "vitrine", "evaluate", "model", "pictures", *LOCAL, "--output", "out/measured"]
    codes, said = start_twice(command)
    assert codes == [0, 0], said
    record = json.loads((tmp_path / "out/measured/evaluation.json").read_text("utf-8"))
    assert record["data"]["measured"] == 2 * EACH
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["measured"]
