import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from tests.data.sources.stores import fill, overloaded
from tests.factories import SIDE, fault_of
from tests.work.here import Here
from vitrine.data.sources.unlabeled import list_folder
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.answers import shards
from vitrine.predict.predictor import Predictor
from vitrine.records.answers import Answers
from vitrine.records.locks import is_locked
from vitrine.work.local import LocalPool
from vitrine.work.ranks import Ranks
from vitrine.workflows import answers
from vitrine.workflows.answers import ModelOpener, answer_files, begin_answers, name_question, open_question, read_rows


@pytest.fixture
def found(make_class_folders, monkeypatch):
    monkeypatch.setattr(shards.cut_answer_shards, "__defaults__", (5,))
    source = make_class_folders({"a": 12, "b": 9})
    (source / "a" / "003.png").write_bytes(b"no picture")
    return list_folder(source, "pictures")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    torch.manual_seed(0)
    save_model(folder, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return folder


@pytest.fixture
def question(model):
    return name_question(str(model), Predictor.load(str(model)), 2)


def answer(folder, found, question, engine):
    begin_answers(folder, question[0])
    return answer_files(folder, found, question, engine)


def contents(folder):
    return {path.name: path.read_bytes() for path in (folder / "parts").glob("*.parquet")}


def test_the_list_holds_every_part_and_the_rows_are_in_order(found, question, tmp_path):
    told = answer(tmp_path / "answers", found, question, Here())
    assert Answers.read(tmp_path / "answers" / "answers.json") == told
    assert (told.files, told.problems, len(told.parts)) == (21, 1, 5)
    assert [row["file"] for row in read_rows(tmp_path / "answers", told)] == [one.file for one in found]
    assert len(pq.read_table(tmp_path / "answers" / "parts")) == 21


@pytest.mark.slow
def test_answers_are_the_same_to_the_byte_whoever_gives_them(found, question, tmp_path):
    for name, engine in {"one": LocalPool(1), "two": LocalPool(2), "four": LocalPool(4)}.items():
        answer(tmp_path / name, found, question, engine)
    assert len(contents(tmp_path / "one")) == 5
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(tmp_path / "four")


def test_ranks_answer_their_shares_and_the_last_one_lists_all(found, question, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.work.ranks.LocalPool", lambda _: Here())
    assert answer(tmp_path / "answers", found, question, Ranks(0, 2)) is None
    assert not (tmp_path / "answers" / "answers.json").exists()
    assert answer(tmp_path / "answers", found, question, Ranks(1, 2)).files == 21


def test_only_what_changed_is_answered_again_and_older_parts_go(found, question, tmp_path, monkeypatch):
    folder = tmp_path / "answers"
    answer(folder, found, question, Here())
    before = contents(folder)
    old = folder / "parts" / f".{next(iter(before))}.1a2b3c4d"  # of a machine that vanished
    old.touch()
    os.utime(old, (1e9, 1e9))
    (folder / "parts" / f"000001-{next(iter(before))}").touch()  # named by an older build
    (folder / "parts" / "notes.txt").touch()
    Path(found[0].path).write_bytes(b"no picture any more")
    told = answer(folder, found, question, Here())
    after = contents(folder)
    assert len(set(before) & set(after)) == 4
    assert told.problems == 2
    assert sorted(path.name for path in (folder / "parts").iterdir()) == sorted([*after, "notes.txt"])


def test_parts_that_another_coordinator_took_away_are_made_again(found, question, tmp_path):
    folder = tmp_path / "answers"

    class Disturbed(Here):
        disturb = True

        def run(self, works):
            yield from super().run(works)
            if self.disturb:
                works[2].path.unlink()
                self.disturb = False

    assert answer(folder, found, question, Disturbed()).files == 21
    assert len(contents(folder)) == 5


def test_another_coordinator_with_other_files_disturbs_nobody_at_work(found, question, tmp_path):
    folder = tmp_path / "answers"

    class Interrupted(Here):
        is_over = False

        def run(self, works):
            for number, work in enumerate(works):
                work.do()
                if number == 2 and not self.is_over:
                    self.is_over = True
                    answer(folder, found[10:], question, Here())  # its end removes what is not its own
                yield work

    assert answer(folder, found, question, Interrupted()).files == 21
    assert len(list(read_rows(folder, Answers.read(folder / "answers.json")))) == 21


def test_what_another_coordinator_is_writing_stays(found, question, tmp_path):
    folder = tmp_path / "answers"
    begin_answers(folder, question[0])
    at_hand = [folder / "parts" / f".{'a' * 32}.{end}" for end in ("parquet.1a2b3c4d", "1a2b3c4d.at")]
    for path in at_hand:
        path.touch()
    answer(folder, found, question, Here())
    assert all(path.exists() for path in at_hand)


def test_rows_are_shown_while_nobody_else_can_put_the_folder_in_order(found, question, tmp_path):
    folder, shown = tmp_path / "answers", []
    begin_answers(folder, question[0])
    answer_files(folder, found, question, Here(), look=lambda row: shown.append((row, is_locked(folder / ".lock"))))
    assert [(row["file"], locked) for row, locked in shown] == [(one.file, True) for one in found]


def test_what_was_done_before_is_told_at_once_and_once(found, question, tmp_path):
    folder, told = tmp_path / "answers", []
    answer(folder, found, question, Here())
    next((folder / "parts").glob("*.parquet")).unlink()
    left = 21 - len(pq.read_table(folder / "parts"))
    answer_files(folder, found, question, Here(), lambda _, done, total, faults=0: told.append((done, total, faults)))
    assert told[0] == (21 - left, 21, 0)
    assert told[-1] == (21, 21, 1)
    assert {done for done, _, _ in told} == {21 - left, 21}


def test_other_questions_and_other_things_are_not_mixed_with_answers(found, question, tmp_path):
    folder = tmp_path / "answers"
    begin_answers(folder, question[0])
    begin_answers(folder, question[0])  # goes on
    other = question[0].model_copy(update={"top_k": 1})
    assert "holds answers of another question (top_k 2, not 1)" in fault_of(begin_answers, folder, other)
    (tmp_path / "file").touch()
    assert "is a file; with --run-on, give a folder" in fault_of(begin_answers, tmp_path / "file", other)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.jpg").touch()
    assert "holds something else than answers" in fault_of(begin_answers, tmp_path / "full", other)


def test_who_begins_chooses_the_runtime_for_whoever_takes_any(question, tmp_path):
    folder, faster = tmp_path / "answers", question[0].model_copy(update={"runtime": "onnxruntime"})
    assert begin_answers(folder, faster, is_any_runtime=True) == "onnxruntime"
    assert begin_answers(folder, question[0], is_any_runtime=True) == "onnxruntime"
    assert "(runtime onnxruntime, not torch)" in fault_of(begin_answers, folder, question[0])
    other = question[0].model_copy(update={"top_k": 1})
    assert "(top_k 2, not 1)" in fault_of(begin_answers, folder, other, is_any_runtime=True)


@pytest.mark.parametrize("is_begun_before", [True, False], ids=["before", "while it measures"])
def test_a_rank_that_measures_otherwise_takes_the_runtime_of_the_first(
    question, model, tmp_path, monkeypatch, is_begun_before
):
    folder, first = tmp_path / "answers", question[0].model_copy(update={"runtime": "onnxruntime"})
    asked = []

    def load(model_id, runtime, _say):
        asked.append(runtime)
        if not is_begun_before:
            begin_answers(folder, first)
        predictor = Predictor.load(model_id)
        return replace(predictor, network=replace(predictor.network, name=runtime.replace("auto", "torch")))

    monkeypatch.setattr(answers, "load_predictor", load)
    if is_begun_before:
        begin_answers(folder, first)
    predictor, (told, opener) = open_question(folder, str(model), "auto", 2, print)
    assert {predictor.network.name, told.runtime, opener.runtime} == {"onnxruntime"}
    assert asked == (["onnxruntime"] if is_begun_before else ["auto", "onnxruntime"])
    assert "(runtime onnxruntime, not torch)" in fault_of(open_question, folder, str(model), "torch", 2, print)


def test_what_was_ended_while_it_began_goes_on(found, question, tmp_path):
    (tmp_path / "answers/parts").mkdir(parents=True)
    assert answer(tmp_path / "answers", found, question, Here()).files == 21


def test_a_part_that_was_cut_short_is_made_once_more(found, question, tmp_path):
    folder = tmp_path / "answers"
    before = answer(folder, found, question, Here())
    for name, kept in ((before.parts[0].file, 100), (before.parts[1].file, 0)):
        (folder / name).write_bytes((folder / name).read_bytes()[:kept])
    assert answer(folder, found, question, Here()) == before


def test_what_a_store_could_not_give_is_asked_again_by_the_next_job(
    make_class_folders, question, tmp_path, monkeypatch
):
    pictures = sorted(make_class_folders({"a": 6}).rglob("*.png"))
    address = fill({path.name: path.read_bytes() for path in pictures} | {"no picture.png": b""})
    found = find_unlabeled([Path(address)], tmp_path)
    with overloaded(monkeypatch, "003.png", times=10):
        assert answer(tmp_path / "answers", found, question, Here()).problems == 2
    before = contents(tmp_path / "answers")
    assert answer(tmp_path / "answers", found, question, Here()).problems == 1
    after = contents(tmp_path / "answers")
    assert [name for name in after if after[name] != before[name]] == [
        shard.path.name
        for shard in shards.cut_answer_shards(found, *question, tmp_path)
        if any("003.png" in one.file for one in shard.files)
    ]
    assert len(pd.read_parquet(tmp_path / "answers/parts")) == 7
    answer(tmp_path / "answers", found, question, Here())
    assert contents(tmp_path / "answers") == after  # what is no picture is settled


def test_how_far_a_rank_is_counts_its_own_share(found, question, tmp_path):
    class Second(Here):
        def share(self, works):
            return works[1::2]

        def run(self, works):
            yield from super().run(self.share(works))

    folder, told = tmp_path / "answers", []
    begin_answers(folder, question[0])
    assert answer_files(folder, found, question, Second(), lambda *words, **_: told.append(words)) is None
    assert told[0] == ("answering", 0, told[-1][2])
    assert told[-1][1] == told[-1][2] < 21


def test_a_worker_refuses_another_model_of_the_same_name(question, model):
    assert question[1]().label_names == ("a", "b", "c")
    assert "is another model here" in fault_of(ModelOpener(str(model), "torch", "0" * 16))
    assert question[1] == ModelOpener(str(model), "torch", question[0].digest)


def test_the_list_is_plain_json(found, question, tmp_path):
    answer(tmp_path / "answers", found, question, Here())
    content = json.loads((tmp_path / "answers" / "answers.json").read_text())
    assert sum(part["files"] for part in content["parts"]) == content["files"] == 21
    assert (tmp_path / "answers" / content["parts"][0]["file"]).is_file()
    assert answers.OURS.fullmatch(Path(content["parts"][0]["file"]).name)
