"""Measure any model on any labelled pictures, and write a page with all that can be said of it.

The model is a folder or an id on the Hugging Face Hub, made by Vitrine or not;
the data a prepared data set (its test split), a folder with one sub-folder per
class, an archive, a table, or hub:owner/name. Nothing is trained or refitted.

python -m vitrine evaluate runs/dogs/latest/model prepared/dogs
python -m vitrine evaluate microsoft/resnet-18 ~/pictures --labels 'pug, pug-dog=mops'
python -m vitrine evaluate owner/model hub:owner/pictures data.columns.label=breed --language fr
"""

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from vitrine.commands.console import command_parser, run_command
from vitrine.config.loading import load_recipe
from vitrine.errors import UserError

EVALUATIONS = Path("evaluations")
RECORD = "evaluation.json"
PAGE = "evaluation.html"
OWN_SECTIONS = ("data.", "labels.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_intermixed_args(arguments)
    return run_command(lambda: _evaluate(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("evaluate", __doc__)
    parser.add_argument("model", help="model folder, or id on the Hugging Face Hub")
    parser.add_argument("data", help="labelled pictures: see above")
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="section.name=value",
        help="how to read the data: data.* and labels.* of a recipe",
    )
    parser.add_argument(
        "--split",
        choices=("test", "all"),
        help="which pictures: the test split, or all (default: the test split where there is one)",
    )
    parser.add_argument(
        "--labels",
        action="append",
        default=[],
        metavar="MODEL_LABEL=CLASS",
        help="which class a label of the model means, where the names do not tell; may be repeated",
    )
    parser.add_argument("--top-k", type=int, default=3, help="a top-k answer counts (default %(default)s)")
    parser.add_argument("--language", choices=("en", "fr"), default="en", help="of the page (default %(default)s)")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help=f"where to write (default: {EVALUATIONS}/<model>/<data>)"
    )
    return parser


def _evaluate(options: argparse.Namespace) -> None:
    if options.top_k < 1:
        raise UserError(f"--top-k: must be at least 1 (got {options.top_k})")
    for word in options.overrides:
        if not word.startswith(OWN_SECTIONS):
            raise UserError(f"{word}: only data.* and labels.* say how the pictures are read")
    recipe = load_recipe(None, [f"data.source={options.data}", *options.overrides])
    output = options.output or EVALUATIONS / _short_name(options.model) / _short_name(options.data)
    _check_place(output)
    from vitrine.data.loading.labeled import open_labeled
    from vitrine.models.quiet import silence_transformers
    from vitrine.predict.predictor import Predictor
    from vitrine.reports.evaluation.page import write_evaluation
    from vitrine.workflows.evaluate import measure_model

    silence_transformers()
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace, _progress(console) as show:
        predictor = Predictor.load(options.model)
        data = open_labeled(recipe.data, recipe.labels, options.split, Path(workspace), predictor.fill_color)
        measured = measure_model(predictor, data, options.data, options.labels, options.top_k, show)
        # The pictures of the page are opened once more, so the workspace must still be there.
        sentences = write_evaluation(output, measured, options.language)
    console.print(sentences[0], style="bold", markup=False, soft_wrap=True)
    for sentence in sentences[1:]:
        console.print(sentence, markup=False, soft_wrap=True)
    console.print(f"page:    {output / PAGE}", markup=False, soft_wrap=True)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[int, int], None]]:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pictures", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _short_name(source: str) -> str:
    """The last part of a folder or Hub id, as the name of a folder; of a run's model, the run."""
    parts = [part for part in Path(source.removeprefix("hub:")).expanduser().resolve().parts if part != "model"]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", parts[-1]).strip(".") or "model"


def _check_place(output: Path) -> None:
    """An earlier evaluation makes way; nothing else does."""
    if output.exists() and not (output.is_dir() and ((output / RECORD).exists() or not any(output.iterdir()))):
        raise UserError(f"--output: {output} is there already and is no evaluation; take another folder")
