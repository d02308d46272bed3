import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from vitrine.data.manifest.engines import LocalPool, Ranks
from vitrine.errors import UserError


@dataclass(frozen=True)
class Letters:
    """Writes each letter into a file; "x" ends its process always, "y" the first time."""

    letters: str
    folder: Path

    @property
    def part(self):
        return self.folder / self.letters

    def is_done(self):
        return self.part.exists()

    def do(self):
        for letter in self.letters:
            mark = self.folder / f".{letter}"
            if letter == "x" or (letter == "y" and not mark.exists()):
                mark.touch()
                os._exit(9)
        self.part.write_text(self.letters)

    def split(self):
        return [Letters(letter, self.folder) for letter in self.letters]

    def give_up(self):
        self.part.write_text("?")

    def join(self, ones):
        self.part.write_text("".join(one.part.read_text() for one in ones))


def results(folder, *works, engine=None):
    done = list((engine or LocalPool(2)).run([Letters(work, folder) for work in works]))
    assert sorted(one.letters for one in done) == sorted(works)  # each once
    return [(folder / work).read_text() for work in works]


def test_each_shard_is_done_once_and_what_is_done_is_left(tmp_path):
    (tmp_path / "bc").write_text("done before")
    assert results(tmp_path, "a", "bc", "d") == ["a", "done before", "d"]


def test_a_process_that_dies_once_changes_nothing(tmp_path):
    assert results(tmp_path, "a", "by", "c", "d", "e", "f", "g", "h") == ["a", "by", "c", "d", "e", "f", "g", "h"]


@pytest.mark.slow
def test_what_always_ends_its_process_is_given_up_alone(tmp_path):
    assert results(tmp_path, "a", "bxc", "d") == ["a", "b?c", "d"]


def test_an_error_that_is_no_death_ends_the_job(tmp_path):
    with pytest.raises(FileNotFoundError):
        results(tmp_path / "not there", "a")


def test_ranks_share_the_shards(tmp_path):
    works = [Letters(letter, tmp_path) for letter in "abcde"]
    shares = [[work.letters for work in Ranks(rank, 2, 1).run(works)] for rank in range(2)]
    assert sorted(shares[0]) == ["a", "c", "e"]
    assert sorted(shares[1]) == ["b", "d"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"RANK": "2", "WORLD_SIZE": "4"}, (2, 4)),
        ({"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "1"}, (2, 8)),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2"}, (1, 2)),
    ],
)
def test_torchrun_and_slurm_say_which_rank_this_is(variables, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ranks = Ranks.from_environment()
    assert (ranks.rank, ranks.count) == expected


def test_ranks_without_a_launcher_are_one_message(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(UserError, match="torchrun nor Slurm"):
        Ranks.from_environment()
