from dataclasses import dataclass
from pathlib import Path

from vitrine.workflows.shares import do_share


@dataclass
class Shard:
    """Files that are answered as soon as it is done; the first has no answer."""

    path: Path
    files: tuple[str, ...]

    def is_done(self):
        return self.path.exists()

    def do(self):
        self.path.touch()

    def count_faults(self):
        return 1


class First:
    """An engine of two, of which each does every second unit."""

    def share(self, works):
        return works[::2]

    def run(self, works):
        for work in self.share(works):
            work.do()
            yield work


def test_what_was_done_before_is_told_at_once_and_only_the_own_share_counts(tmp_path):
    shards = [Shard(tmp_path / str(number), ("a", "b", "c")) for number in range(6)]
    shards[0].do()
    told = []
    assert do_share(shards, First(), lambda *words, faults=0: told.append((*words, faults))) == 9
    assert told == [("answering", done, 9, faults) for done, faults in ((3, 0), (3, 1), (6, 2), (9, 3))]
