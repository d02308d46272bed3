"""What happens when many pictures are given on the page: their table fills, and is shown page by page."""

import errno
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from weakref import WeakValueDictionary

import gradio as gr

from vitrine.app.batch_wording import BatchWording
from vitrine.app.uploads import find_upload, upload_folder
from vitrine.app.wording import notice
from vitrine.data.sources.files import FoundFile
from vitrine.errors import UserError
from vitrine.predict.answers.job import BatchJob, TooManyFilesError
from vitrine.predict.answers.rows import Kind
from vitrine.predict.answers.table import Order
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

ROWS_A_PAGE = 50
TOLD_EVERY_SECONDS = 0.5
ALL: Final = "all"  # kinds of rows


class Step(NamedTuple):
    """What changes on the page while a batch is at work, in the order of the tab's outputs.

    Attributes:
        files: the box that takes them.
        job: of the visitor.
        progress: how far it is.
        outcome: what came of it, or why nothing did.
        results: table and what belongs to it.
        stop: the button.
    """

    files: Any
    job: Any
    progress: Any
    outcome: Any
    results: Any
    stop: Any


NOTHING_NEW = Step(*[gr.skip()] * len(Step._fields))


class View(NamedTuple):
    """What shows a page of the table, in the order of the tab's outputs.

    Attributes:
        table: its rows.
        page: its number.
        pages: how many there are.
        previous: the button.
        following: the button.
    """

    table: str
    page: Any
    pages: str
    previous: Any
    following: Any


class Batches:
    """Answers the tab's events; the job of a visitor comes in with each.

    Args:
        predictor: the model.
        texts: of the page's language.
    """

    def __init__(self, predictor: Predictor, texts: Texts) -> None:
        self.predictor = predictor
        self.texts = texts
        self.wording = BatchWording(texts)
        self._of_sessions: WeakValueDictionary[str, BatchJob] = WeakValueDictionary()

    def start(
        self, uploads: Sequence[Mapping[str, Any]] | None, before: BatchJob | None, request: gr.Request
    ) -> Iterator[Step]:
        """Files were chosen or dropped: the model is asked about them, and the page told how far it is.

        Args:
            uploads: as Gradio describes them.
            before: the job of the same visitor whose table is on the page; it goes.
            request: of the visitor.
        """
        if before is not None:
            before.discard()
        job = BatchJob(self.predictor, upload_folder())
        self._of_sessions[str(request.session_hash)] = job
        yield _begin(job, self.wording.waiting())
        try:
            given = [find_upload(upload, upload_folder(), self.texts) for upload in uploads or ()]
            yield from self._fill(job, job.take(given))
        except TooManyFilesError as error:
            yield _give_up(job, self.wording.too_many(str(error)))
        except UserError as error:
            yield _give_up(job, notice(str(error)))
        except (OSError, sqlite3.OperationalError) as error:
            yield _give_up(job, self.wording.disk_full() if _is_disk_full(error) else "")
            if not _is_disk_full(error):
                raise

    def _fill(self, job: BatchJob, files: Sequence[FoundFile]) -> Iterator[Step]:
        start = told = time.monotonic()
        done = 0
        yield NOTHING_NEW._replace(progress=self.wording.progress(0, len(files), 0))
        for done in job.run(files):
            now = time.monotonic()
            if now - told >= TOLD_EVERY_SECONDS:
                told = now
                yield NOTHING_NEW._replace(progress=self.wording.progress(done, len(files), now - start))
        yield Step(
            files=gr.update(visible=True),
            job=gr.skip(),
            progress="",
            outcome=self.wording.outcome(done, len(files), job.table.count()),
            results=gr.update(visible=done > 0),
            stop=gr.update(visible=False),
        )

    def stop(self, job: BatchJob | None) -> None:
        """The visitor has seen enough; what is done stays on the page."""
        if job is not None:
            job.stop()

    def leave(self, request: gr.Request) -> None:
        """The visitor closed the page: their pictures and answers go."""
        job = self._of_sessions.pop(str(request.session_hash), None)
        if job is not None:
            job.discard()

    def show(self, job: BatchJob | None, order: Order, kind: Kind | Literal["all"], page: float | None) -> View:
        """A page of the table, the nearest one that there is.

        Args:
            job: of the visitor.
            order: of the rows.
            kind: of the rows, or all.
            page: its number, from 1; None where the visitor emptied the field.
        """
        if job is None or not job.is_kept:
            return View(self.wording.gone(), gr.skip(), "", *2 * [gr.update(interactive=False)])
        counts = job.table.count()
        rows = sum(counts.values()) if kind == ALL else counts[kind]
        last = max(1, math.ceil(rows / ROWS_A_PAGE))
        number = min(max(1, int(page or 1)), last)
        found = job.table.page(order, None if kind == ALL else kind, number - 1, ROWS_A_PAGE)
        return View(
            self.wording.table(found),
            gr.update(value=number, maximum=last),
            self.wording.pages(last),
            gr.update(interactive=number > 1),
            gr.update(interactive=number < last),
        )

    def show_first(self, job: BatchJob | None, order: Order, kind: Kind | Literal["all"], _page: float | None) -> View:
        """The first page: what is shown, or its order, is another; arguments as of `show`."""
        return self.show(job, order, kind, 1)

    def show_next(self, job: BatchJob | None, order: Order, kind: Kind | Literal["all"], page: float | None) -> View:
        """The page after the given one; arguments as of `show`."""
        return self.show(job, order, kind, (page or 0) + 1)

    def show_previous(
        self, job: BatchJob | None, order: Order, kind: Kind | Literal["all"], page: float | None
    ) -> View:
        """The page before the given one; arguments as of `show`."""
        return self.show(job, order, kind, (page or 2) - 1)

    def export(self, make: Callable[[BatchJob], Path], job: BatchJob | None) -> tuple[str, Any]:
        """A file to download.

        Args:
            make: writes it.
            job: of the visitor.

        Returns:
            Its path, "" where there is none; and what to say then.
        """
        if job is None or not job.is_kept:
            return "", self.wording.gone()
        try:
            return str(make(job)), gr.skip()
        except OSError as error:
            if not _is_disk_full(error):
                raise
            return "", self.wording.disk_full()


def _begin(job: BatchJob, said: str) -> Step:
    return Step(
        files=gr.update(value=None, visible=False),
        job=job,
        progress=said,
        outcome="",
        results=gr.update(visible=False),
        stop=gr.update(visible=True),
    )


def _give_up(job: BatchJob, said: str) -> Step:
    job.discard()
    return Step(
        files=gr.update(visible=True),
        job=None,
        progress="",
        outcome=said,
        results=gr.update(visible=False),
        stop=gr.update(visible=False),
    )


def _is_disk_full(error: Exception) -> bool:
    """Also as SQLite says it."""
    return getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
