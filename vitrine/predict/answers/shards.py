"""Answers to many files in shards, each a unit of work that any process or machine can do; see `vitrine.work`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.predict.answers.exports import tabulate
from vitrine.predict.answers.rows import answer_cells, answer_columns
from vitrine.predict.batches import predict_in_one_thread
from vitrine.predict.freed_memory import keep_freed_memory
from vitrine.predict.images import from_files
from vitrine.predict.predictor import Predictor
from vitrine.records.answers import Asked
from vitrine.work.journal import NO_ITEM
from vitrine.work.part import ENDED_READER, Part, count_filled, digest_of, mark_unsettled, name_ends, state_of
from vitrine.work.runs import cut_runs

FILES_PER_SHARD = 1_000  # on average: ten seconds of a core for small pictures and networks, minutes for large ones
FORMAT = "1"  # of the parts; changes with what is answered to a picture
READY_MODELS = 2  # of a process; a worker of a cluster may be asked by several people


class OpenModel(Protocol):
    """Opens the model; equal ones open the same, so that a process opens it once. It travels between machines."""

    def __call__(self) -> Predictor:
        """Opens it for one thread."""

    def __hash__(self) -> int:
        """By what it opens."""


@dataclass(frozen=True)
class AnswerShard(Part):
    """Files that are answered together, in batches of their own, so that no answer depends on who gives it.

    Attributes:
        files: in the order of the source.
        asked: which model, and how.
        open_model: opens it, once in each process.
    """

    files: Sequence[FoundFile]
    asked: Asked
    open_model: OpenModel

    @cached_property
    def name(self) -> str:
        """Made of the names, sizes and times of its files, the model and its settings."""
        asked = (self.asked.digest, self.asked.runtime, *answer_columns(self.asked.top_k))
        states = (word for one in self.files for word in (one.file, one.left_out, state_of(one.path)))
        return digest_of(FORMAT, *asked, *states)

    @property
    def title(self) -> str:
        """The names of its first and last file."""
        return name_ends(self.files)

    def count_faults(self) -> int:
        """How many of its files have no answer, when it is done; 0 where somebody took its part away."""
        return count_filled(self.path, "problem")

    def make(self, note: Callable[[int], None]) -> pa.Table:
        """Asks the model about each file in one thread; those that ended their process have this for a problem."""
        ended = self.deaths.culprits
        files = [replace(one, left_out=ENDED_READER) if place in ended else one for place, one in enumerate(self.files)]
        predictor = open_once(self.open_model)

        def note_picture(place: int | None) -> None:
            note(NO_ITEM if place is None else place)

        pictures = from_files(files, predictor.rendering)
        rows, is_settled = [], True
        for batch in predict_in_one_thread(predictor, pictures, note_picture):
            rows += [{"file": file} | answer_cells(said, self.asked.top_k) for file, said in batch.in_order()]
            is_settled &= not any(one.may_be_sound for one in batch.unreadable)
        table = tabulate(rows, self.asked.top_k)
        return table if is_settled else mark_unsettled(table)


@lru_cache(maxsize=READY_MODELS)
def open_once(open_model: OpenModel) -> Predictor:
    """The model, opened once in each process."""
    keep_freed_memory()
    return open_model()


def cut_answer_shards(
    found: Sequence[FoundFile], asked: Asked, open_model: OpenModel, folder: Path, size: int = FILES_PER_SHARD
) -> list[AnswerShard]:
    """Divides files into runs; equal lists give equal shards on every machine.

    Args:
        found: in the order of the source.
        asked: which model, and how.
        open_model: opens it.
        folder: of the parts.
        size: files of a shard, on average.
    """
    there = FileColumns.of(found).anywhere()
    return [
        AnswerShard(
            files=there[run],
            asked=asked,
            open_model=open_model,
            folder=folder.absolute(),
        )
        for run in cut_runs(there.names(), size)
    ]
