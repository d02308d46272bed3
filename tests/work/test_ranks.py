import os
import shutil

import pytest

from tests.work.here import Here
from tests.work.letters import Letters
from vitrine.errors import UserError
from vitrine.work.ranks import LONGEST_UNIT, SECONDS_BETWEEN_LOOKS, LeadingRank, Ranks, wait_until_done


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    for name in os.environ:
        if name in ("RANK", "WORLD_SIZE") or name.startswith("SLURM_"):
            monkeypatch.delenv(name)


def test_ranks_share_the_units(tmp_path):
    works = [Letters(letter, folder=tmp_path) for letter in "abcde"]
    shares = [[work.letters for work in Ranks(rank, 2, 1).run(works)] for rank in range(2)]
    assert sorted(shares[0]) == ["a", "c", "e"]
    assert sorted(shares[1]) == ["b", "d"]


def slurm(task, count, first, step=1):
    return {
        "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": str(count), "SLURM_ARRAY_TASK_MIN": str(first),
        "SLURM_ARRAY_TASK_STEP": str(step),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"RANK": "2", "WORLD_SIZE": "4"}, (2, 4)),
        (slurm(3, 8, 1), (2, 8)),
        (slurm(8, 5, 0, step=2), (4, 5)),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "2"}, (1, 2)),
    ],
)
def test_torchrun_and_slurm_say_which_rank_this_is(variables, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ranks = Ranks.from_environment()
    assert (ranks.rank, ranks.count) == expected
    assert ranks.are_together == ("SLURM_ARRAY_TASK_ID" not in variables)


def test_an_array_with_gaps_is_refused_for_shards_would_be_left_out(monkeypatch):
    for name, value in slurm(7, 3, 1).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="SLURM_ARRAY_TASK_ID=7 is none of 3 ranks"):
        Ranks.from_environment()


def test_a_batch_script_is_not_taken_for_the_first_of_its_tasks(monkeypatch):
    for name, value in {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"Slurm runs this once.*put `srun` before it"):
        Ranks.from_environment()


def test_ranks_without_a_launcher_are_one_message():
    with pytest.raises(UserError, match="torchrun nor Slurm"):
        Ranks.from_environment()


@pytest.mark.parametrize(
    "variables",
    [
        {"RANK": "x", "WORLD_SIZE": "2"},
        {"RANK": "", "WORLD_SIZE": ""},
        {"RANK": "0", "WORLD_SIZE": "0"},
        {"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_STEP": "0"},
    ],
)
def test_variables_that_are_no_numbers_are_one_message(variables, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"is no whole number from \d on; torchrun and Slurm set it by themselves"):
        Ranks.from_environment()


def test_ranks_of_one_machine_share_its_cores(tmp_path, monkeypatch):
    asked = []

    class Pool:
        def __init__(self, workers):
            asked.append(workers)

        def run(self, works):
            return iter(works)

    monkeypatch.setattr("vitrine.work.ranks.LocalPool", Pool)
    monkeypatch.setattr("vitrine.work.ranks.count_cores", lambda: 8)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    list(Ranks(0, 2).run([]))
    for ranks_here in ("4", "20"):
        monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks_here)
        list(Ranks(0, 2).run([]))
    list(Ranks(0, 2, 3).run([]))
    assert asked == [8, 2, 1, 3]


def test_the_leading_rank_does_its_own_units_first_and_all_that_others_leave(tmp_path, monkeypatch):
    monkeypatch.setattr(Ranks, "pool", Here())
    works = [Letters(letter, folder=tmp_path) for letter in "abcdef"]
    leading = LeadingRank(Ranks(1, 3, 1))
    assert leading.share(works) == works
    assert [work.letters for work in leading.run(works)] == ["b", "e", "f", "d", "c", "a"]


def test_who_waits_goes_on_when_all_is_done_when_nobody_works_and_when_the_folder_is_gone(tmp_path, monkeypatch):
    works = [Letters(letter, folder=tmp_path / "parts") for letter in "ab"]
    clock, steps = [0.0], []

    def sleep(seconds):
        clock[0] += seconds
        if steps:
            steps.pop(0)()

    monkeypatch.setattr("vitrine.work.ranks.sleep", sleep)
    monkeypatch.setattr("vitrine.work.ranks.monotonic", lambda: clock[0])
    wait_until_done(works)  # there is no folder yet
    assert clock == [0]
    works[0].folder.mkdir()
    wait_until_done(works)
    assert clock == [LONGEST_UNIT]
    steps = [lambda: None, works[0].do, *[lambda: None] * 5, works[1].do]
    wait_until_done(works)
    assert (clock[0] - LONGEST_UNIT, steps) == (8 * SECONDS_BETWEEN_LOOKS, [])
    works[0].path.unlink()
    steps = [lambda: shutil.rmtree(works[0].folder)]
    wait_until_done(works)
    assert clock[0] - LONGEST_UNIT == 9 * SECONDS_BETWEEN_LOOKS
