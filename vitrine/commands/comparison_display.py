"""What a person sees while a comparison runs, and its table at the end."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from vitrine.reports.comparison.words import answer, sentence, spread
from vitrine.ui.texts import Texts

if TYPE_CHECKING:
    from vitrine.experiments.compare.runner import Event
    from vitrine.records.comparison import ComparisonFigures

NARROWEST = 100  # a narrower terminal wraps the table


class ComparisonDisplay:
    """A line for each run that is done; on a terminal a bar below that says what is at work."""

    def __init__(self, console: Console, planned: int, done: int) -> None:
        self.console = console
        self.planned, self.done = planned, done
        self.progress = Progress(
            BarColumn(),
            TextColumn("{task.completed} of {task.total} runs"),
            TextColumn("{task.fields[now]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.progress.add_task("", total=planned, completed=done, now="starting")

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def show(self, event: "Event") -> None:
        """Prints what is final, and shows what is not on the bar."""
        if event.kind == "features":
            self._update(f"{event.run}: features of {event.done:,} of {event.total:,} pictures")
        elif event.kind == "epoch":
            self._update(f"{event.run}: epoch {event.done} of {event.total}")
        elif event.kind == "note":
            self._print(": ".join(part for part in (event.run, event.text) if part))
        else:
            self.done += 1
            self._update("")
            what = (
                f"test accuracy {event.accuracy:.3f}, {event.seconds:.1f} s"
                if event.kind == "done"
                else f"failed: {event.text}"
            )
            width = len(str(self.planned))
            self._print(f"[{self.done:>{width}} of {self.planned}] {event.run}: {what}")

    def _update(self, now: str) -> None:
        self.progress.update(self.task, completed=self.done, now=now)

    def _print(self, text: str) -> None:
        self.console.print(Text(text), soft_wrap=True)


def print_result(figures: "ComparisonFigures", texts: Texts, console: Console) -> None:
    """The tables of variants, a sentence for each pair, and the answer."""
    if figures.variants:
        wide = Console(width=max(NARROWEST, console.width), highlight=False)
        wide.print("", _quality_table(figures, texts), "", _cost_table(figures, texts), "", sep="\n")
    _print_lines(console, [f"failed: {one.variant}, seed {one.seed}: {one.reason}" for one in figures.failures])
    _print_lines(console, [sentence(pair, texts) for pair in figures.pairs])
    console.print(Text(answer(figures, texts)[0], "bold"), soft_wrap=True)


def _quality_table(figures: "ComparisonFigures", texts: Texts) -> Table:
    keys = ("accuracy.test", "accuracy.interval", "accuracy.macro_f1", "spread.test_loss", "spread.validation_loss")
    table = _table([texts(f"comparison.{key}") for key in ("accuracy.variant", *keys, "accuracy.trainings")])
    for variant in figures.variants:
        losses = (variant.test_loss, variant.validation_loss)
        table.add_row(
            Text(variant.name),
            spread(variant.accuracy, texts),
            texts.interval(*variant.accuracy_interval, 1),
            texts.number(variant.macro_f1.mean, 3),
            *("-" if loss is None else texts.number(loss.mean, 3) for loss in losses),
            texts.number(variant.runs),
        )
    return table


def _cost_table(figures: "ComparisonFigures", texts: Texts) -> Table:
    keys = ("variant", "time", "epoch_seconds", "validation_seconds", "parameters")
    table = _table([texts(f"comparison.cost.{key}") for key in keys])
    for variant in figures.variants:
        seconds = (variant.seconds, variant.epoch_seconds, variant.validation_seconds)
        table.add_row(
            Text(variant.name),
            *("-" if one is None else texts.duration(one.mean) for one in seconds),
            texts.number(variant.parameters),
        )
    return table


def _table(headings: Sequence[str]) -> Table:
    table = Table(*headings, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _print_lines(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(Text(line), soft_wrap=True)
