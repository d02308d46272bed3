"""Classify pictures, or all pictures in folders, archives or tables, and write a table with the likeliest classes.

Every file found has a row: with its classes, or with the problem why it has none; where none has classes, the exit code
is 2. `decision` is what the model makes of its probabilities: a class, "unsure: A or B", or "none of my classes".

python -m vitrine predict runs/digits/latest/model data/digits/3
python -m vitrine predict owner/model-on-the-hub photo.jpg --top-k 5 --output answers.csv
python -m vitrine predict digits.onnx data/digits/3
python -m vitrine predict runs/digits/latest/model data/digits --output answers.csv --resume
python -m vitrine predict runs/digits/latest/model data/digits --output answers.csv --page answers.html

Of very many pictures, `--run-on` has several processes or machines answer, in shards of about 1,000 files: `--output`
is then a folder; `parts` in it holds a Parquet file for each shard, and answers.json lists them in order. The same
command goes on after anything that broke it off, and no answer depends on who gives it.

python -m vitrine predict runs/digits/latest/model data/digits --run-on local --workers 4 --output answers
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, get_args

from rich.console import Console

from vitrine.commands.console import command_parser, run_command
from vitrine.commands.engine_options import add_engine_options, read_engine
from vitrine.errors import UserError
from vitrine.records.answers import PARTS
from vitrine.records.atomic import PAGE_MARK, check_replaceable_file
from vitrine.records.locks import hold_output
from vitrine.ui.texts import Language, load_texts
from vitrine.work.choice import works_elsewhere

if TYPE_CHECKING:
    from PIL import Image

    from vitrine.data.sources.fetching import Fetched
    from vitrine.data.sources.files import FoundFile
    from vitrine.predict.answers.sample import AnswerSample
    from vitrine.predict.predictor import Predictor
    from vitrine.work.unit import Engine
    from vitrine.workflows.progress import Show

SHARE_DONE = (
    "this rank has answered its share; the one that ends last lists all answers. If one was ended before, start the "
    "job again: what is done is not done again."
)

TABLE_MARK = b"file,problem,"  # of an older table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _predict(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("predict", __doc__)
    parser.add_argument("model", help="model folder, id on the Hugging Face Hub, or ONNX file")
    parser.add_argument("pictures", nargs="+", type=Path, help="pictures, or folders, archives or tables of them")
    parser.add_argument("--top-k", type=int, default=3, help="classes per picture (default %(default)s)")
    parser.add_argument(
        "--output", type=Path, help="CSV file to write; without it, the terminal; with --run-on, a folder to write"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the table of --output, which was broken off: files that have a row are not looked at again; "
        "model and pictures must be the same, and a few files are asked again to see that they are",
    )
    parser.add_argument(
        "--page",
        type=Path,
        help="HTML page to write as well: pictures drawn at random, those it is least sure of, and some of each class",
    )
    parser.add_argument(
        "--language", choices=get_args(Language), default="en", help="of the page (default %(default)s)"
    )
    parser.add_argument(
        "--raw",
        action="store_true",
        help="for programs: names exactly as they are; without it, what a spreadsheet would take for a formula gets an "
        "apostrophe before it",
    )
    parser.add_argument(
        "--runtime",
        choices=("auto", "torch", "onnxruntime", "openvino"),
        help="what computes the network: auto measures once per model which is the fastest here, and keeps a file "
        "of it in your cache (default: torch; of an ONNX file, onnxruntime)",
    )
    add_engine_options(parser, "answer")
    return parser


def _predict(options: argparse.Namespace) -> None:
    engine = read_engine(options)
    if options.top_k < 1:
        raise UserError(f"--top-k: must be at least 1 (got {options.top_k})")
    if options.resume and options.output is None:
        raise UserError("--resume: give --output too, the table that was broken off")
    if options.output is not None and engine is None:
        _check_apart("--output", options.output, options.pictures)
        if not options.resume:
            check_replaceable_file("--output", options.output, TABLE_MARK, "table of answers")
    if options.page is not None:
        _check_page(options.page, options.output)
        _check_apart("--page", options.page, options.pictures)
        check_replaceable_file("--page", options.page, PAGE_MARK, "page")
    if engine is not None:
        _check_folder(options)
    with (
        hold_output(options.output if engine is None else None),
        _saying_what_is_kept(options, engine),
        _listed(options, engine) as (found, fetched),
    ):
        if not found:
            raise UserError(f"{', '.join(map(str, options.pictures))}: there is no file in it to be classified")
        if engine is None:
            _write_table(found, options)
            fetched.is_needless = True
        else:
            fetched.is_needless = _write_parts(found, engine, options)


def _show_progress(wanted: bool | None = None) -> "AbstractContextManager[Show]":
    from vitrine.workflows.progress import show_progress

    return show_progress(wanted, Console(stderr=True, highlight=False), lines=True)


def _check_folder(options: argparse.Namespace) -> None:
    """Checks what `--run-on` needs, and makes the folder above that of the answers."""
    if options.output is None:
        raise UserError("--run-on: give --output too, a folder for the answers")
    if options.raw:
        raise UserError("--raw: is for tables; the parts of --run-on hold names exactly as they are, so leave it out")
    options.output.absolute().parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _saying_what_is_kept(options: argparse.Namespace, engine: "Engine | None") -> Iterator[None]:
    """Has the message of a source that was lost name the command that goes on."""
    from vitrine.data.sources.places import KEPT, SAME_COMMAND, SourceLostError

    try:
        yield
    except SourceLostError as error:
        if options.output is None:
            error.reword(KEPT, "")
        elif engine is None:
            error.reword(SAME_COMMAND, f"{SAME_COMMAND} with --resume")
        raise


@contextmanager
def _listed(options: argparse.Namespace, engine: "Engine | None") -> "Iterator[tuple[Sequence[FoundFile], Fetched]]":
    """The files to answer, and what was fetched of them; what is unpacked goes at the end, wherever the job ends."""
    from vitrine.data.sources.fetching import fetched_beside
    from vitrine.data.sources.unlabeled_source import find_unlabeled, holds_address

    output: Path | None = options.output
    beside = output.absolute().parent if output is not None and works_elsewhere(engine) else None
    with (
        fetched_beside(output if holds_address(options.pictures) else None) as fetched,
        tempfile.TemporaryDirectory(prefix=".vitrine-", dir=beside) as workspace,
    ):
        with _show_progress() as show:
            found = find_unlabeled(options.pictures, Path(workspace), show, fetched.folder)
        yield found, fetched


def _write_parts(found: "Sequence[FoundFile]", engine: "Engine", options: argparse.Namespace) -> bool:
    """Answers by an engine; whether all is answered, by other ranks too."""
    from vitrine.predict.answers.sample import AnswerSample
    from vitrine.workflows.answers import answer_files, open_question

    folder: Path = options.output
    predictor, question = open_question(folder, options.model, options.runtime, options.top_k, _tell)
    sample = AnswerSample()
    look = None if options.page is None else lambda row: sample.add(row["file"], row)
    try:
        with _show_progress() as show:
            answers = answer_files(folder, found, question, engine, show, look)
    except KeyboardInterrupt:
        _tell("what was answered is kept: the same command goes on from there")
        raise
    if answers is None:
        _tell(SHARE_DONE)
        return False
    if answers.files == answers.problems:
        raise UserError(_say_nothing_answered(answers.files, folder / PARTS))
    _tell_answers(folder / PARTS, answers.files, answers.problems)
    if options.page is not None:
        _write_page(options, sample, found, predictor)
    return True


def _write_table(found: "Sequence[FoundFile]", options: argparse.Namespace) -> None:
    from vitrine.predict.answers.resume import Done, check_same_model, read_done
    from vitrine.predict.answers.rows import answer_cells, answer_columns
    from vitrine.predict.answers.sample import AnswerSample
    from vitrine.predict.batches import predict_batches
    from vitrine.predict.freed_memory import keep_freed_memory
    from vitrine.predict.images import from_files
    from vitrine.records.spreadsheet import guard_row
    from vitrine.workflows.runtime import load_predictor

    keep_freed_memory()
    predictor = load_predictor(options.model, options.runtime, say=_tell)
    top_k = min(options.top_k, len(predictor.label_names))
    columns = answer_columns(top_k)
    done = read_done(options.output, columns, options.raw) if options.resume else Done()
    check_same_model(options.output, done, found, predictor)
    left = [file for file in found if file.file not in done.files]
    sample = AnswerSample()
    if options.page is not None and done.files:
        sample.add_table(options.output, options.raw, {file.file for file in found})
    written, answered = done.count(file.file for file in found)
    is_watched = None if options.output else False  # a bar would stand among the rows on the terminal
    with _open_table(options.output, is_begun=bool(done.files)) as stream, _show_progress(is_watched) as show:
        table = csv.DictWriter(stream, columns, restval="")
        if not done.files:
            table.writeheader()
        for batch in predict_batches(predictor, from_files(left, predictor.rendering)):
            rows = [{"file": file} | answer_cells(said, top_k) for file, said in batch.in_order()]
            for row in rows:
                sample.add(row["file"], row)
            table.writerows(rows if options.raw else map(guard_row, rows))
            stream.flush()
            answered += len(batch.places)
            written += len(rows)
            show("answering", written, len(found), faults=written - answered)
    if not answered:
        raise UserError(_say_nothing_answered(len(found), options.output))
    if options.output is not None:
        _tell_answers(options.output, len(found), len(found) - answered)
    if options.page is not None:
        _write_page(options, sample, found, predictor)


def _check_apart(option: str, file: Path, pictures: "Sequence[Path]") -> None:
    if file.resolve() in {one.resolve() for one in pictures}:
        raise UserError(f"{option}: {file} is among what is asked about; give another name")


def _check_page(page: Path, table: Path | None) -> None:
    """Before the pictures are answered, which may take hours."""
    if table is not None and page.resolve() == table.resolve():
        raise UserError(f"--page: {page} is the table of --output, too; give the page a name of its own")
    if page.is_dir() or not page.absolute().parent.is_dir():
        raise UserError(f"--page: cannot write {page}; give a file in a folder that is there")


def _write_page(
    options: argparse.Namespace, sample: "AnswerSample", found: "Sequence[FoundFile]", predictor: "Predictor"
) -> None:
    from vitrine.app.wording import model_name
    from vitrine.data.sources.opening import open_found
    from vitrine.reports.answers.page import write_answers_page

    by_name = {file.file: file for file in found}

    def open_image(file: str) -> "Image.Image":
        return open_found(by_name[file], rendering=predictor.rendering)

    write_answers_page(
        options.page, sample, open_image, model_name(options.model, predictor.metadata), load_texts(options.language)
    )
    _tell(f"page: {options.page}")


def _open_table(output: Path | None, is_begun: bool) -> AbstractContextManager[IO[str]]:
    if output is None:
        return nullcontext(sys.stdout)
    return output.open("a" if is_begun else "w", newline="", encoding="utf-8")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tell_answers(place: Path, files: int, problems: int) -> None:
    _tell(f"answers: {place} ({files:,} {'file' if files == 1 else 'files'}, {problems:,} of them with a problem)")


def _say_nothing_answered(files: int, output: Path | None) -> str:
    where = f"the column problem of {output} says why" if output else "the column problem says why"
    return f"no picture was classified: {files:,} {'file was' if files == 1 else 'files were'} found; {where}"
