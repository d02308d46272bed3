"""The share of this process in a job of many shards of files: has an engine do it, and tells how far it is."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from vitrine.data.sources.files import FoundFile
from vitrine.work.unit import Engine, Work
from vitrine.workflows.progress import Show


class FilesShard(Work, Protocol):
    """A unit of work that answers to files, such as `AnswerShard`."""

    @property
    def files(self) -> Sequence[FoundFile]:
        """In the order of the source."""

    @property
    def path(self) -> Path:
        """Of its part."""

    def count_faults(self) -> int:
        """How many of its files have no answer, when it is done; 0 where somebody took its part away."""


AnyShard = TypeVar("AnyShard", bound=FilesShard)


def do_share(shards: Sequence[AnyShard], engine: Engine, show: Show) -> int:
    """Has an engine do its share.

    Args:
        shards: of the whole job.
        engine: does its own of them.
        show: called with ("answering", done, total, faults), in files of the share.

    Returns:
        How many files the share has.
    """
    own = engine.share(shards)
    kept = {shard.path for shard in own if shard.is_done()}  # told at once: they say nothing of the pace
    total, faults = _count_files(own), 0
    done = _count_files(shard for shard in own if shard.path in kept)
    show("answering", done, total)
    for shard in engine.run(shards):
        done += 0 if shard.path in kept else len(shard.files)
        faults += shard.count_faults()
        show("answering", done, total, faults=faults)
    return done


def _count_files(shards: Iterable[FilesShard]) -> int:
    return sum(len(shard.files) for shard in shards)
