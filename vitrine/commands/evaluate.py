"""Measure any model on any labelled pictures, and write a page with all that can be said of it.

The model is a folder or an id on the Hugging Face Hub, made by Vitrine or not;
the data a prepared data set (its test split), a folder with one sub-folder per
class, an archive, a table, or hub:owner/name. Nothing is trained or refitted.

python -m vitrine evaluate runs/dogs/latest/model prepared/dogs
python -m vitrine evaluate microsoft/resnet-18 ~/pictures --labels 'pug, pug-dog=mops'
python -m vitrine evaluate owner/model hub:owner/pictures data.columns.label=breed --language fr
python -m vitrine evaluate runs/dogs/latest/model ~/pictures --run-on local --workers 4
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from vitrine.commands.console import command_parser, run_command
from vitrine.commands.engine_options import add_engine_options, read_engine
from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.records.evaluation import PAGE
from vitrine.work.ranks import OthersAtWorkError
from vitrine.workflows.evaluation_page import EVALUATIONS, Measuring, check_place, evaluate_source
from vitrine.workflows.parameters import check_at_least_one, short_name
from vitrine.workflows.progress import show_progress

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
        default=[],
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
    add_engine_options(parser, "ask the model")
    return parser


def _evaluate(options: argparse.Namespace) -> None:
    engine = read_engine(options)
    check_at_least_one("--top-k", options.top_k)
    for word in options.overrides:
        if not word.startswith(OWN_SECTIONS):
            raise UserError(f"{word}: only data.* and labels.* say how the pictures are read")
    recipe = load_recipe(None, [f"data.source={options.data}", *options.overrides])
    output = options.output or EVALUATIONS / short_name(options.model) / short_name(options.data)
    check_place(output, "--output")
    from vitrine.models.quiet import silence_transformers
    from vitrine.predict.freed_memory import keep_freed_memory
    from vitrine.predict.predictor import Predictor

    silence_transformers()
    keep_freed_memory()
    console = Console(highlight=False)
    predictor = Predictor.load(options.model)
    how = Measuring(options.split, options.labels, options.top_k, options.language)
    try:
        with show_progress(console=console, lines=engine is not None) as show:
            sentences = evaluate_source(predictor, recipe, output, how, show, engine)
    except OthersAtWorkError as others:
        console.print(str(others), markup=False, soft_wrap=True)
        return
    console.print(sentences[0], style="bold", markup=False, soft_wrap=True)
    for sentence in sentences[1:]:
        console.print(sentence, markup=False, soft_wrap=True)
    console.print(f"page:    {output / PAGE}", markup=False, soft_wrap=True)
