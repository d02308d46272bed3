"""Look for a good learning rate: train some steps with a growing one and see where the loss falls and explodes.

The prepared data set's training pictures are used; nothing of the recipe's training happens.

python -m vitrine find-rate configs/s2_dogs5.yaml
python -m vitrine find-rate configs/s2_dogs5.yaml optim.name=sgd --steps 200
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.workflows.early_checks import check_inputs

if TYPE_CHECKING:
    import torch

    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.training.loop.methods import TrainingOptions
    from vitrine.training.loop.steps import Stepper
    from vitrine.training.optim.rate_finder import RateCurve
    from vitrine.ui.texts import Language

RUNS = Path("runs")
PLOT = "learning_rate.png"
TABLE = "learning_rate.csv"
STEPS = 100
FEWEST_STEPS = 40  # with fewer, neighbouring rates differ by more than half

Show = Callable[[int, float, float], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        _find(given.recipe, given.options)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("find-rate", __doc__)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help=f"where {PLOT} and {TABLE} are written (default: {RUNS}/<name>)"
    )
    parser.add_argument(
        "--steps", type=int, default=STEPS, metavar="N", help="steps from 1e-7 to 10 (default: %(default)s)"
    )
    return parser


def _find(recipe: Recipe, options: argparse.Namespace) -> None:
    if options.steps < FEWEST_STEPS:
        raise UserError(f"--steps: must be at least {FEWEST_STEPS} (got {options.steps})")
    check_inputs(recipe)
    out = options.out or RUNS / recipe.name
    console = Console(highlight=False)
    start = time.perf_counter()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=options.steps)

        def show(step: int, rate: float, loss: float) -> None:
            progress.update(task, description=f"rate {rate:.1e}, loss {loss:.3f}", completed=step + 1)

        curve = _sweep(recipe, options.steps, show, partial(console.print, markup=False, soft_wrap=True))
    plot = _write(curve, out, recipe.report.language)
    console.print(
        f"valley: {curve.valley:.1e} (middle of the longest fall; the careful choice)\n"
        f"steepest: {curve.steepest:.1e} (where the loss falls fastest)\n"
        f"{time.perf_counter() - start:.0f} s, {len(curve.rates)} steps\n"
        f"plot:    {plot}\n\nfor the recipe:\noptim:\n  learning_rate: {curve.valley:.1e}",
        markup=False,
        soft_wrap=True,
    )


def _write(curve: "RateCurve", out: Path, language: "Language") -> Path:
    import pandas as pd

    from vitrine.records.atomic import write_text
    from vitrine.reports.previews.learning_rate import rate_curve
    from vitrine.ui.figures import save_png
    from vitrine.ui.texts import load_texts

    out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame({"learning_rate": curve.rates, "smoothed_loss": curve.losses})
    write_text(out / TABLE, table.to_csv(index=False))
    figure = rate_curve(curve.rates, curve.losses, curve.steepest, curve.valley, texts=load_texts(language))
    save_png(figure, out / PLOT)
    return out / PLOT


def _sweep(recipe: Recipe, steps: int, show: Show, say: Callable[[str], None]) -> "RateCurve":
    """Builds what a training builds, and does its steps with growing rates."""
    from dataclasses import replace

    from vitrine.models.backbones.build import choose_memory_format
    from vitrine.models.quiet import silence_transformers
    from vitrine.training.build import choose_methods
    from vitrine.training.fit import build_model
    from vitrine.training.loop.steps import Normalizer, Stepper
    from vitrine.training.machine.devices import build_accelerator, choose_workers
    from vitrine.training.machine.seeding import seed_step
    from vitrine.training.matching_data import open_matching_data
    from vitrine.training.optim.rate_finder import find_rate
    from vitrine.training.plan import plan_training

    silence_transformers()
    prepared, recipe = open_matching_data(recipe)
    plan = plan_training(recipe, prepared)
    if plan.model.head_first:
        say(
            "note: a training fits the head first, but this test trains with a fresh one; it tells the rate of "
            "model.head_first=false"
        )
    accelerator = build_accelerator(plan.engine.precision, "none", RUNS)
    options = replace(plan.options, workers=choose_workers(plan.engine.workers, accelerator.device))
    model, normalization = build_model(plan.model, prepared.label_names, options.seed)
    methods = choose_methods(plan, prepared, model, normalization, RUNS, accelerator.device)
    optimizer = plan.optimizer.build(model)
    model, optimizer = accelerator.prepare(model, optimizer)
    plain = accelerator.unwrap_model(model)
    normalizer = Normalizer(normalization, options.whitens, choose_memory_format(plain), accelerator.device)
    stepper = Stepper(accelerator, model, optimizer, normalizer, methods, options, print)
    methods.set_mode(plain)
    losses = _endless_losses(options, prepared, stepper)

    def train_step(step: int) -> float:
        seed_step(options.seed, step, accelerator.process_index)
        loss = next(losses)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), options.max_gradient_norm)  # of fp16 it takes the scale away
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return find_rate(plain, optimizer, train_step, steps, on_step=show)


def _endless_losses(
    options: "TrainingOptions", prepared: "PreparedDataset", stepper: "Stepper"
) -> "Iterator[torch.Tensor]":
    """The loss of each batch of epoch after epoch, as the training computes it."""
    from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_step_loader
    from vitrine.training.loop.steps import prefetch

    split, device = prepared.training_sample, stepper.accelerator.device
    batches = StepBatches(stepper.methods.sampler or EpochSampler(len(split), options.seed), options.batch_size)
    loader = build_step_loader(split, batches, options.workers)
    for epoch in itertools.count():
        batches.start(epoch)
        for batch in prefetch(loader, device):
            yield stepper.forward(batch, epoch)[0]
