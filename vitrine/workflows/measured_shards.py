"""What a model says of labelled pictures, by an engine in shards: the way of `evaluate --run-on`."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.loading.labeled import LabeledData, LabeledImage
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_found
from vitrine.errors import UserError
from vitrine.predict.answers.shards import open_once
from vitrine.predict.batches import PredictionBatch, Unreadable, predict_in_one_thread
from vitrine.predict.images import NamedImage
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.records.atomic import write_text
from vitrine.records.locks import hold_lock
from vitrine.records.scratch import scratch_array
from vitrine.records.text_column import TextColumn
from vitrine.work.journal import NO_ITEM
from vitrine.work.part import (
    ENDED_READER,
    FolderGoneError,
    Part,
    count_filled,
    digest_of,
    mark_unsettled,
    name_ends,
    remove_damaged,
    remove_unsettled,
    state_of,
)
from vitrine.work.ranks import NothingLeftError, OthersAtWorkError
from vitrine.work.runs import cut_runs
from vitrine.work.unit import Engine
from vitrine.workflows import inspection
from vitrine.workflows.answers import ModelOpener, name_question
from vitrine.workflows.inspection import inspect_image
from vitrine.workflows.progress import Show
from vitrine.workflows.shares import do_share

FILES_PER_SHARD = 1_000
FORMAT = "1"  # of the parts
MARK = ".measured"  # beside the page: of which shards it was made
SHARE_DONE = (
    "this rank has done its share; the one that ends last writes the page. If one was ended before, start the job "
    "again: what is done is not done again."
)
# A part has a row for each picture: why it could not be read, or what the model and `inspect_image` say of it.
LOOKS = ("width", "height", "brightness", "contrast", "is_grey", "sharpness")


@dataclass(frozen=True)
class MeasuredShard(Part):
    """Pictures that are asked about together, in batches of their own.

    Attributes:
        files: in the order of the source.
        max_megapixels: larger pictures are not read.
        open_model: opens the model, once in each process.
    """

    files: Sequence[FoundFile]
    max_megapixels: int
    open_model: ModelOpener

    @cached_property
    def name(self) -> str:
        """Made of the names, sizes and times of its files, the model, and the limit."""
        states = (word for one in self.files for word in (one.file, state_of(one.path)))
        model = self.open_model
        return digest_of(FORMAT, str(self.max_megapixels), model.digest, model.runtime, *states)

    @property
    def title(self) -> str:
        """The names of its first and last file."""
        return name_ends(self.files)

    def count_faults(self) -> int:
        """How many of its pictures could not be read, when it is done; 0 where somebody took its part away."""
        return count_filled(self.path, "reason")

    def make(self, note: Callable[[int], None]) -> pa.Table:
        """Asks the model in one thread; a picture that ended its process counts as unreadable."""
        ended = self.deaths.culprits
        files = [replace(one, left_out=ENDED_READER) if place in ended else one for place, one in enumerate(self.files)]
        predictor = open_once(self.open_model)
        pictures = [
            NamedImage(one.file, partial(open_found, one, self.max_megapixels, predictor.rendering)) for one in files
        ]
        rows: list[dict[str, object]] = [{} for _ in files]
        is_settled = True
        for batch in predict_in_one_thread(
            predictor, pictures, lambda place: note(NO_ITEM if place is None else place), inspect_image
        ):
            for row, place in enumerate(batch.places.tolist()):
                size, looks = batch.inspected[row]
                rows[place] = {
                    "logits": batch.predictions.logits[row],
                    **dict(zip(LOOKS, (*size, *looks), strict=True)),
                }
                if batch.predictions.similarities is not None:
                    rows[place]["similarity"] = batch.predictions.similarities[row]
            for one in batch.unreadable:
                rows[one.place]["reason"] = one.reason
                is_settled &= not one.may_be_sound
        table = pa.Table.from_pylist(rows, _schema(len(predictor.label_names)))
        return table if is_settled else mark_unsettled(table)


def _schema(labels: int) -> pa.Schema:
    looks = dict.fromkeys(LOOKS, pa.float64()) | {"width": pa.int32(), "height": pa.int32(), "is_grey": pa.bool_()}
    types = {"reason": pa.string(), "logits": pa.list_(pa.float32(), labels), "similarity": pa.float32(), **looks}
    return pa.schema(types)


class AskByShards:
    """Asks a model about pictures by an engine; see `evaluate.Ask`.

    Args:
        engine: does the shards.
        page: folder of the evaluation; what was done is kept beside it until `finish`.
        max_megapixels: larger pictures are not read.
        held: takes the lock under which one process alone makes the page.
        words: what else decides the page.
    """

    def __init__(
        self, engine: Engine, page: Path, max_megapixels: int, held: ExitStack, words: Sequence[str] = ()
    ) -> None:
        self._engine, self._page, self._max_megapixels, self._held = engine, page, max_megapixels, held
        self._folder = page.absolute().with_name(f".{page.name}.parts")
        self._words, self._digest = words, ""

    def __call__(self, predictor: Predictor, data: LabeledData, _preprocessed: bool, show: Show) -> PredictionBatch:
        """Asks about all.

        Args:
            predictor: the model, loaded here.
            data: the pictures; those of a prepared data set are few enough for one process.
            show: told how many of the share of this process are done.

        Raises:
            UserError: the pictures are those of a prepared data set.
            OthersAtWorkError: other ranks have not done their shares yet.
            NothingLeftError: another process makes the page, or has made it.
        """
        shards = self._cut(predictor, data)
        self._digest = digest_of(*(shard.name for shard in shards), *self._words)
        is_one_of_several = len(self._engine.share(shards)) < len(shards)
        if is_one_of_several and self._is_written():  # by the others: the parts are gone
            raise self._find_nothing_left()
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_damaged(shards)
        remove_unsettled(self._engine.share(shards))
        try:
            do_share(shards, self._engine, show)
        except FolderGoneError:
            if self._is_written():
                raise self._find_nothing_left() from None
            raise
        refusal = NothingLeftError(f"another process writes {self._page} just now: nothing is left to do here")
        self._held.enter_context(hold_lock(lock_of(self._page), refusal, is_removed=True))
        if not all(shard.is_done() for shard in shards):
            raise self._find_nothing_left() if self._is_written() else OthersAtWorkError(SHARE_DONE)
        return _gather(shards, predictor)

    def _cut(self, predictor: Predictor, data: LabeledData) -> list[MeasuredShard]:
        _, open_model = name_question(predictor.model_id, predictor, 1)
        files = FileColumns(map(_file_of, data.pictures)).anywhere()
        return [
            MeasuredShard(
                files=files[run],
                max_megapixels=self._max_megapixels,
                open_model=open_model,
                folder=self._folder,
            )
            for run in cut_runs(files.names(), FILES_PER_SHARD)
        ]

    def _is_written(self) -> bool:
        """Whether the page was made of these very shards."""
        mark = self._page / MARK
        return mark.is_file() and mark.read_text("utf-8") == self._digest

    def _find_nothing_left(self) -> NothingLeftError:
        return NothingLeftError(
            f"{self._page} is written: nothing is left to do here. To have it measured anew, remove it first"
        )

    def finish(self) -> None:
        """Notes what the page was made of, and removes the parts."""
        write_text(self._page / MARK, self._digest)
        shutil.rmtree(self._folder, ignore_errors=True)


def lock_of(page: Path) -> Path:
    """The lock under which one process alone writes the folder of an evaluation."""
    return page.absolute().with_name(f".{page.name}.lock")


def _file_of(picture: LabeledImage) -> FoundFile:
    if picture.found is None:
        raise UserError("--run-on: is for pictures of a source; those of a prepared data set are read without it")
    return picture.found


def _gather(shards: Sequence[MeasuredShard], predictor: Predictor) -> PredictionBatch:
    """All parts as one, in the order of the source; they are read one at a time, and each logit is held once."""
    names = TextColumn(one.file for shard in shards for one in shard.files)
    width = len(predictor.label_names)
    logits = scratch_array((len(names), width), np.float32)
    places, similarities, unreadable, looks = [], [], [], []
    start = done = 0
    for shard in shards:
        table = pq.read_table(shard.path)
        is_read = table["reason"].is_null().to_numpy()
        read = table.filter(pa.array(is_read)).combine_chunks()
        logits[done : done + len(read)] = read["logits"].combine_chunks().flatten().to_numpy().reshape(len(read), width)
        places.append(start + np.flatnonzero(is_read))
        similarities.append(read["similarity"])
        looks.append(_read_looks(read))
        reasons = enumerate(table["reason"].to_pylist(), start)
        unreadable += [Unreadable(place, names[place], reason) for place, reason in reasons if reason is not None]
        start, done = start + len(table), done + len(read)
    similar = pa.chunked_array([chunk for column in similarities for chunk in column.chunks], pa.float32())
    return PredictionBatch(
        places=(read_places := np.concatenate(places)),
        predictions=Predictions(
            ids=TextColumn(names[place] for place in read_places),
            logits=logits[:done],
            label_names=predictor.label_names,
            similarities=None if similar.null_count else similar.to_numpy(),
            trust=predictor.trust,
        ),
        unreadable=tuple(unreadable),
        inspected=np.concatenate(looks),
    )


def _read_looks(read: pa.Table) -> npt.NDArray[np.void]:
    """What `inspect_image` said of the pictures of a part."""
    looks = np.empty(len(read), inspection.LOOKS)
    looks["size"] = np.stack([read[name].to_numpy() for name in LOOKS[:2]], axis=1)
    for name in LOOKS[2:]:
        looks["looks"][name] = read[name].to_numpy()
    return looks
