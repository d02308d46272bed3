"""Answers to any number of pictures by an engine: a folder of Parquet parts that goes on from its last whole shard."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from vitrine.data.sources.files import FoundFile
from vitrine.errors import UserError
from vitrine.predict.answers.shards import AnswerShard, cut_answer_shards
from vitrine.predict.predictor import Predictor
from vitrine.records.answers import ANSWERS, ASKED, PARTS, Answers, AnswersPart, Asked
from vitrine.records.checksums import sum_files
from vitrine.records.locks import hold_lock
from vitrine.records.runtime import Runtime
from vitrine.work.part import remove_damaged, remove_unsettled
from vitrine.work.unit import Engine
from vitrine.workflows.progress import Show, show_nothing
from vitrine.workflows.runtime import Asked as RuntimeAsked
from vitrine.workflows.runtime import load_predictor
from vitrine.workflows.runtime_cache import digest_model
from vitrine.workflows.shares import do_share

LOCK = ".lock"
SECONDS_AT_HAND = 3600  # what nobody has written to for so long was left behind
Look = Callable[[Mapping[str, str]], None]
# A part, or what is left of one: its journal, or a file that nobody finished.
OURS = re.compile(r"\.?(\d{6,}-)?[0-9a-f]{32}\..*")  # older ones have a number before them


@dataclass(frozen=True)
class ModelOpener:
    """Opens a model in a worker; see `OpenModel`.

    Attributes:
        model_id: a local model by its full path, or an id on the Hub.
        runtime: what computes it.
        digest: of its files, so that a worker never takes an older model of this name.
    """

    model_id: str
    runtime: Runtime
    digest: str

    def __call__(self) -> Predictor:
        """Opens it for one thread.

        Raises:
            UserError: it cannot be opened, or is another model on this machine.
        """
        predictor = load_predictor(self.model_id, self.runtime, threads=1)
        found = digest_model(predictor)
        if found != self.digest:
            raise UserError(
                f"{self.model_id} is another model here than where the job was started; give all machines the same one"
            )
        return predictor


def name_question(model_id: str, predictor: Predictor, top_k: int) -> tuple[Asked, ModelOpener]:
    """What is asked, and how workers open the model.

    Args:
        model_id: as it was given.
        predictor: the model, loaded here.
        top_k: classes of each answer.
    """
    digest = digest_model(predictor)
    local = Path(model_id).expanduser()
    where = str(local.absolute()) if local.exists() else model_id
    runtime = cast("Runtime", predictor.network.name)
    asked = Asked(model=model_id, digest=digest, runtime=runtime, top_k=top_k)
    return asked, ModelOpener(where, runtime, digest)


def open_question(
    folder: Path, model_id: str, runtime: RuntimeAsked | None, top_k: int, say: Callable[[str], None]
) -> tuple[Predictor, tuple[Asked, ModelOpener]]:
    """Opens the model that answers into a folder, and begins the folder or goes on with it.

    Args:
        folder: of the answers.
        model_id: of the model.
        runtime: see `load_predictor`; with "auto" whoever begins the folder chooses for all ranks, which may measure
            otherwise.
        top_k: classes of each answer; the model may have fewer.
        say: see `load_predictor`.

    Raises:
        UserError: the model cannot be opened, or the folder holds something else.
    """
    is_auto = runtime == "auto"
    if is_auto and (folder / ASKED).is_file():
        runtime = Asked.read(folder / ASKED).runtime
    while True:
        predictor = load_predictor(model_id, runtime, say)
        question = name_question(model_id, predictor, min(top_k, len(predictor.label_names)))
        runtime = begin_answers(folder, question[0], is_auto)
        if runtime == question[0].runtime:
            return predictor, question


def begin_answers(folder: Path, asked: Asked, is_any_runtime: bool = False) -> Runtime:
    """Makes the folder, or goes on with it.

    Args:
        folder: of the answers.
        asked: which model, and how.
        is_any_runtime: whether another runtime than that of `asked` may have begun it.

    Returns:
        The runtime that gives the answers of this folder.

    Raises:
        UserError: it holds something else, or answers to another question.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output: {folder} is a file; with --run-on, give a folder for the parts")
    # Another coordinator may begin in this very moment, and one that was ended may have come no further.
    begun_with = {PARTS, ASKED, ANSWERS}
    is_begun = (folder / ASKED).is_file() or not folder.is_dir()
    if not is_begun and any(one.name not in begun_with and not one.name.startswith(".") for one in folder.iterdir()):
        raise UserError(f"--output: {folder} holds something else than answers; give another folder, or empty this one")
    folder.mkdir(parents=True, exist_ok=True)
    with hold_lock(folder / LOCK):
        if not (folder / ASKED).is_file():
            asked.write(folder / ASKED)
        begun = Asked.read(folder / ASKED)
    if is_any_runtime:
        asked = asked.model_copy(update={"runtime": begun.runtime})
    if difference := begun.tell_difference(asked):
        raise UserError(f"--output: {folder} holds answers of another question ({difference}); give another folder")
    (folder / PARTS).mkdir(exist_ok=True)
    return begun.runtime


def answer_files(
    folder: Path,
    found: Sequence[FoundFile],
    question: tuple[Asked, ModelOpener],
    engine: Engine,
    show: Show = show_nothing,
    look: Look | None = None,
) -> Answers | None:
    """Answers what is not answered yet.

    Args:
        folder: of `begin_answers`; keeps the parts, also when the job is broken off.
        found: every file of the source.
        question: of `name_question`.
        engine: does the shards.
        show: called with ("answering", done, total, faults).
        look: shown each row of the finished table, before anybody else can put the folder in order.

    Returns:
        The list of all parts, which lies in the folder too; None where shards of other ranks are not done yet.

    Raises:
        UserError: the model cannot be opened by a worker, or keeps ending it.
    """
    shards = cut_answer_shards(found, *question, folder / PARTS)
    remove_damaged(shards)
    remove_unsettled(engine.share(shards))
    while True:
        done = do_share(shards, engine, show)
        with hold_lock(folder / LOCK):
            if all(shard.is_done() for shard in shards):
                answers = _finish(folder, shards, question[0])
                if look is not None:
                    for row in read_rows(folder, answers):
                        look(row)
                return answers
        if done < len(found):
            return None  # the rest is the share of other ranks
        # Else another coordinator, with another list of files, has put the folder in order meanwhile.


def _finish(folder: Path, shards: Sequence[AnswerShard], asked: Asked) -> Answers:
    """Writes the list of all parts, and removes what other lists of files have left behind."""
    names = [f"{PARTS}/{shard.path.name}" for shard in shards]
    sums = sum_files(folder, names)
    parts = tuple(
        AnswersPart(file=name, files=len(shard.files), problems=shard.count_faults(), content=sums[name])
        for name, shard in zip(names, shards, strict=True)
    )
    problems = sum(part.problems for part in parts)
    answers = Answers(asked=asked, files=sum(part.files for part in parts), problems=problems, parts=parts)
    answers.write(folder / ANSWERS)
    now = (folder / ANSWERS).stat().st_mtime  # by the clock of the disk, whatever that of this machine says
    for path in (folder / PARTS).iterdir():
        if OURS.fullmatch(path.name) and f"{PARTS}/{path.name}" not in sums and not _is_at_hand(path, now):
            path.unlink(missing_ok=True)
    return answers


def _is_at_hand(path: Path, now: float) -> bool:
    """Whether another coordinator may be writing a file just now: a part on its way, or a journal."""
    try:
        return path.name.startswith(".") and now - path.stat().st_mtime < SECONDS_AT_HAND
    except FileNotFoundError:
        return False


def read_rows(folder: Path, answers: Answers) -> Iterator[Mapping[str, str]]:
    """The rows of all parts in their order, as `answer_cells` gives them.

    Args:
        folder: of the answers.
        answers: their list.
    """
    for part in answers.parts:
        for row in pq.read_table(folder / part.file).to_pylist():
            yield {name: str(value) for name, value in row.items() if value is not None}
