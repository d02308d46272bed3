"""What a person sees while a model trains: a bar with the time left, a line per epoch, the result."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.run import Metrics
from vitrine.records.selective import Rejection
from vitrine.training.loop.progress import EpochRecord, StepReport


class TrainingDisplay:
    """A progress bar on a terminal; in a log file, one line per epoch."""

    def __init__(self, epochs: int, quiet: bool = False) -> None:
        self.console = Console(highlight=False, quiet=quiet)
        self.epochs = epochs
        hidden = not (self.console.is_terminal or self.console.is_jupyter)  # in a log, bars leave blank lines
        self.started = time.perf_counter()
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
            BarColumn(),
            TextColumn("loss {task.fields[loss]:.3f}  accuracy {task.fields[accuracy]:.3f}"),
            TextColumn("{task.fields[speed]:,.0f} pictures/s"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            transient=True,
            disable=hidden,
        )
        self.shown_every, self.times_pictures = 1, True
        self.looking = Progress(
            TextColumn("features"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} pictures"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            transient=True,
            disable=hidden,
        )
        self.look = self.looking.add_task("", total=0)
        self.task = self.progress.add_task("", total=None, visible=False, epoch=0, loss=0.0, accuracy=0.0, speed=0.0)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.looking.stop()
        self.progress.stop()

    def start(self, facts: Mapping[str, Any]) -> None:
        """Says what is trained on what."""
        part = {"head": "its head", "last": "its last stages"}.get(facts["trainable_part"], "all of them")
        epochs = f"{self.epochs:,} epoch{'' if self.epochs == 1 else 's'}"
        self.console.print(
            f"{facts['backbone']}: {facts['parameters']:,} parameters, {part} trained, {facts['pictures']:,} pictures\n"
            f"at most {epochs}, learning rate {facts['learning_rate']:g}\n"
            f"{facts['device']}, {facts['precision']}, seed {facts['seed']}",
            soft_wrap=True,
            markup=False,
        )
        if facts["feature_views"]:
            self._announce_features(facts["feature_views"], facts["augmentation"])

    def _announce_features(self, views: int, augmentation: bool) -> None:
        how = "the plain pictures" if views == 1 else f"{views} augmented views of each training picture"
        self.console.print(f"what the head receives is computed once, from {how}", soft_wrap=True, markup=False)
        if views == 1 and augmentation:
            self.console.print(
                "so the recipe's augmentation is not used (model.feature_views=10 for augmented views)",
                soft_wrap=True,
                markup=False,
            )
        # Epochs take milliseconds; a screen of them is enough.
        self.shown_every, self.times_pictures = max(1, self.epochs // 10), False

    def features(self, done: int, total: int) -> None:
        """Moves the bar of the features."""
        if not self.looking.live.is_started:
            self.progress.stop()  # one bar at a time
            self.looking.start()
        self.looking.update(self.look, completed=done, total=total)

    def step(self, report: StepReport) -> None:
        """Moves the bar."""
        if self.looking.live.is_started:
            self.looking.stop()
            self.progress.start()
        self.progress.update(
            self.task,
            visible=True,
            total=report.total_steps,
            completed=(report.epoch - 1) * report.steps + report.step,
            epoch=report.epoch,
            loss=report.loss,
            accuracy=report.accuracy,
            speed=report.images_per_second,
        )

    def epoch(self, record: EpochRecord) -> None:
        """Prints the epoch's line."""
        self.looking.stop()
        if record.epoch % self.shown_every and record.epoch > 1:
            return
        # A head alone looks at numbers, not at pictures: how many a second says nothing.
        speed = f"  | {record.images_per_second:,.0f} pictures/s" if self.times_pictures else ""
        self.console.print(
            f"epoch {record.epoch:>3}  loss {record.train_loss:.3f}  accuracy {record.train_accuracy:.3f}"
            f"  | validation {record.validation_loss:.3f}  {record.validation_accuracy:.3f}{speed}",
            soft_wrap=True,
        )

    def say(self, message: str) -> None:
        """Prints what a person should know."""
        self.console.print(message, soft_wrap=True, markup=False)

    def finish(self, metrics: Metrics, folder: Path) -> None:
        """Prints the result, whether the model answers, and where everything lies."""
        test = metrics.test
        low, high = test.accuracy_interval
        self.console.print(
            f"test accuracy {test.accuracy:.3f} on {test.pictures:,} pictures (95 % interval {low:.3f} to {high:.3f})",
            style="bold",
            soft_wrap=True,
        )
        if metrics.rejection is not None:
            self.say(describe_answers(metrics.rejection))
        self.console.print(
            f"macro-F1 {test.macro_f1:.3f}, Cohen's kappa {test.cohen_kappa:.3f}; "
            f"{time.perf_counter() - self.started:.0f} s in all\n"
            f"report:  {folder / run_folder.REPORT}\n"
            f"model:   {folder / run_folder.MODEL}\n"
            f"try it:  {command_line('app')} --model {folder / run_folder.MODEL}",
            markup=False,
            soft_wrap=True,
        )


def describe_answers(rejection: Rejection) -> str:
    """How often the model answers and how often that is right, in one line; or that it never answers, and why."""
    asked = f"{rejection.precision:.1%} asked for".replace(".0%", "%").replace("%", " %")
    if rejection.confidence_threshold is None:
        return (
            "answers: none; it calls every picture unsure, since even its surest answers were wrong too often "
            f"({asked}; train it better, or lower report.precision)"
        )
    answered = next(row for row in rejection.decisions if row.decision == "answered")
    proof = "" if rejection.proven else "; not proven with so few pictures"
    return (
        f"answers: {answered.pictures:,} of {rejection.pictures:,} test pictures get one, "
        f"{answered.right:,} of these are right ({asked}{proof})"
    )
