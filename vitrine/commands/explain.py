"""Show what a model's answers rest on: for each picture an image with the parts that spoke for its class.

Each map is checked: taking its parts away must lower the probability sooner, and bringing them back must raise it
sooner, than a random map and a blob in the centre do; a map by activations must be another than that of the same
network with random weights, where the model is a folder. The column `trusted` of explanations.csv says whether all
this holds.

python -m vitrine explain runs/digits/latest/model data/digits/3 --output explained
python -m vitrine explain runs/dogs/latest/model photo.jpg --label pug --method occlusion
python -m vitrine explain runs/dogs/latest/model photo.jpg --method shap --hiding inpaint_telea --evaluations 500
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.predict.freed_memory import keep_freed_memory

FEWEST_EVALUATIONS = 10
EVALUATIONS = {"shap": 300, "occlusion": 400}  # as in their modules, which are slow to import
HIDINGS = ("blur", "inpaint_telea")  # as in `vitrine.explain.perturbation`
METHODS = ("hirescam", "layercam", "occlusion", "shap")  # as in `vitrine.explain.explainer`, which is slow to import


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _explain(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("explain", __doc__)
    parser.add_argument("model", help="model folder, id on the Hugging Face Hub, or ONNX file")
    parser.add_argument("pictures", nargs="+", type=Path, help="pictures, or folders, archives or tables of them")
    parser.add_argument("--output", type=Path, default=Path("explained"), help="folder to write (default %(default)s)")
    parser.add_argument("--label", help="class to explain; without it, each picture's likeliest one")
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="by activations (hirescam, layercam), or for every kind of model by covering parts (occlusion) or Shapley "
        "values (shap, requirements-shap.txt); default: hirescam where the model tells activations, occlusion "
        "where that map does not stand its checks",
    )
    parser.add_argument("--hiding", choices=HIDINGS, help="how shap hides parts (default blur)")
    parser.add_argument(
        "--evaluations",
        type=int,
        metavar="NUMBER",
        help=f"times that shap (default {EVALUATIONS['shap']}) or occlusion ({EVALUATIONS['occlusion']}) ask the "
        "network, about; the more, the surer the map",
    )
    parser.add_argument("--no-checks", action="store_true", help="leave out the comparison with maps that know nothing")
    return parser


def _explain(options: argparse.Namespace) -> None:
    _check_method(options)
    keep_freed_memory()
    from vitrine.data.sources.places import keeping_nothing
    from vitrine.data.sources.unlabeled_source import find_unlabeled
    from vitrine.explain.explainer import Explainer
    from vitrine.explain.perturbation import Perturbation
    from vitrine.predict.images import from_files
    from vitrine.predict.predictor import Predictor
    from vitrine.workflows.explain import TABLE, ExplainedFile, explain_files

    def say(row: ExplainedFile) -> None:
        doubt = ", but the map is not to be trusted" if row.trusted == "no" else ""
        print(f"{row.file}: {row.problem or row.decision}{doubt}", flush=True)

    output = options.output.resolve()
    for named in (one.resolve() for one in options.pictures):
        if named.is_dir() and (output == named or named in output.parents):
            raise UserError(f"--output: {options.output} lies among the pictures; give a folder of its own")
    with keeping_nothing(), tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        found = find_unlabeled(options.pictures, Path(workspace))
        predictor = Predictor.load(options.model)
        rows = explain_files(
            Explainer(predictor),
            from_files(found, predictor.rendering),
            options.output,
            label_name=options.label,
            method=options.method,
            options=Perturbation(options.hiding or "blur", options.evaluations),
            checks=not options.no_checks,
            progress=say,
        )
    if all(row.problem for row in rows):
        raise UserError(f"no picture was explained; the column problem of {options.output / TABLE} says why")
    trusted = [row.trusted for row in rows if row.trusted]
    if trusted:
        print(f"{trusted.count('yes')} of {len(trusted)} maps say more than maps that know nothing")
    print(f"table:   {options.output / TABLE}")


def _check_method(options: argparse.Namespace) -> None:
    """Refuses options that would have no effect, or that cannot be meant."""
    if options.hiding is not None and options.method != "shap":
        raise UserError("--hiding: is for --method shap alone")
    if options.evaluations is not None and options.method not in EVALUATIONS:
        raise UserError("--evaluations: is for --method shap or occlusion")
    if options.evaluations is not None and options.evaluations < FEWEST_EVALUATIONS:
        raise UserError(f"--evaluations {options.evaluations}: must be at least {FEWEST_EVALUATIONS}")
