from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from tests.factories import SIDE
from tests.records.examples import ASKED
from vitrine.data.sources.unlabeled import list_folder
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.answers import shards
from vitrine.predict.answers.shards import cut_answer_shards
from vitrine.predict.predictor import Predictor
from vitrine.work.journal import Deaths
from vitrine.work.part import ENDED_READER

OPENED = []


@dataclass(frozen=True)
class Opener:
    folder: Path

    def __call__(self):
        OPENED.append(self.folder)
        return Predictor.load(str(self.folder))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    torch.manual_seed(0)
    save_model(folder, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return folder


@pytest.fixture
def found(make_class_folders):
    source = make_class_folders({"a": 12, "b": 9})
    (source / "a" / "003.png").write_bytes(b"no picture")
    return list_folder(source, "pictures")


def cut(found, model, folder, size=10, asked=ASKED):
    return cut_answer_shards(found, asked, Opener(model), folder, size)


def rows_of(shard):
    shard.folder.mkdir(exist_ok=True)
    shard.do()
    return pq.read_table(shard.path).to_pylist()


def test_every_file_has_a_row_and_the_model_is_opened_once(found, model, tmp_path):
    shards.open_once.cache_clear()
    OPENED.clear()
    rows = [row for shard in cut(found, model, tmp_path) for row in rows_of(shard)]
    assert [row["file"] for row in rows] == [one.file for one in found]
    assert [row["file"] for row in rows if row["problem"]] == ["pictures/a/003.png"]
    assert [model] == OPENED
    picture = Predictor.load(str(model)).open_image(found[0].path)
    ((label, share),) = Predictor.load(str(model)).predict(picture, 1)
    assert (rows[0]["label_1"], rows[0]["probability_1"]) == (label, pytest.approx(share, abs=1e-5))


def test_names_change_with_what_decides_an_answer(found, model, tmp_path):
    names = [shard.name for shard in cut(found, model, tmp_path)]
    assert len(set(names)) == 3
    assert names == [shard.name for shard in cut(found, "elsewhere", tmp_path / "other")]
    for change in ({"digest": "b" * 16}, {"runtime": "onnxruntime"}, {"top_k": 2}):
        others = [shard.name for shard in cut(found, model, tmp_path, asked=ASKED.model_copy(update=change))]
        assert not set(names) & set(others)
    Path(found[0].path).write_bytes(b"another")
    changed = [shard.name for shard in cut(found, model, tmp_path)]
    assert [one == other for one, other in zip(names, changed, strict=True)] == [False, True, True]


def test_a_shard_tells_its_ends_and_its_faults(found, model, tmp_path):
    first = cut(found, model, tmp_path)[0]
    assert first.count_faults() == 0
    rows = rows_of(first)
    assert first.title == f"{rows[0]['file']} to {rows[-1]['file']}"
    assert first.count_faults() == sum(row["problem"] is not None for row in rows) == 1


def test_a_file_that_ended_its_reader_has_this_for_a_problem_and_the_others_their_answers(found, model, tmp_path):
    shard = cut(found, model, tmp_path / "one")[1]
    whole = rows_of(shard)
    without = rows_of(replace(cut(found, model, tmp_path / "other")[1], deaths=Deaths((4, 4))))
    assert without[4]["problem"] == ENDED_READER
    assert without[:4] + without[5:] == whole[:4] + whole[5:]


def test_parts_do_not_depend_on_the_folder_from_which_a_worker_is_started(found, model, tmp_path, monkeypatch):
    monkeypatch.chdir(Path(found[0].path).parent.parent)
    relative = [replace(one, path=Path(one.path).relative_to(Path.cwd())) for one in found[:5]]
    shard = cut(relative, model, Path("parts"))[0]
    monkeypatch.chdir(tmp_path)
    problems = [row["problem"] for row in rows_of(shard) if row["problem"]]
    assert problems == ["a text, not a picture; get the picture again"]
