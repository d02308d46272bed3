"""Train a model again with corrections; it takes the place of the one in use only where it is shown not to be worse.

RUN is a finished run, or a model that has revisions already (models/dogs). Its
data set must have pictures set aside for the gate (data.gate_fraction). Both
models answer them; every figure has a margin by which it may be worse.

  python -m vitrine retrain runs/dogs/latest --corrections corrections.csv
  python -m vitrine retrain models/dogs --corrections corrections.csv --set optim.epochs=20
  python -m vitrine app --model models/dogs

Exit code 0: accepted, and in use now; 3: refused; 4: undecided, since the
pictures are too few. In both cases nothing changes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.corrections.export import write_store
from vitrine.corrections.store import is_store
from vitrine.errors import UserError
from vitrine.records.gate import GATE_REPORT, GateMargins
from vitrine.workflows.progress import show_progress
from vitrine.workflows.retrain import MODELS, retrain_model
from vitrine.workflows.retraining import Retrained
from vitrine.workflows.train import RUNS

EXIT_CODES = {"accepted": 0, "refused": 3, "undecided": 4}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    verdicts: list[str] = []

    def command() -> None:
        options = build_parser().parse_args(arguments)
        margins = read_margins(options.margin)
        table = write_store(options.corrections) if is_store(options.corrections) else options.corrections
        with show_progress() as show:
            retrained = retrain_model(options.run, table, margins, options.set, (options.models, options.runs), show)
        _print(retrained)
        verdicts.append(retrained.report.findings.verdict)

    code = run_command(command)
    return EXIT_CODES[verdicts[0]] if verdicts else code


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("retrain", __doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run, or of a model with revisions")
    parser.add_argument(
        "--corrections",
        type=Path,
        required=True,
        metavar="TABLE",
        help="table (.csv) of corrected labels, or the folder of app.py --corrections",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="section.name=value", help="change a parameter of the training"
    )
    defaults = ", ".join(f"{name}={value:g}" for name, value in GateMargins().model_dump().items())
    parser.add_argument(
        "--margin",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"by how much a figure may be worse: {defaults}",
    )
    parser.add_argument(
        "--models", type=Path, default=MODELS, help="below which revisions are kept (default: %(default)s)"
    )
    parser.add_argument("--runs", type=Path, default=RUNS, help="below which runs are kept (default: %(default)s)")
    return parser


def read_margins(given: Sequence[str]) -> GateMargins:
    """Margins of `NAME=VALUE` each.

    Raises:
        UserError: an unknown name, or a value out of range.
    """
    from pydantic import ValidationError

    from vitrine.config.loading import describe_fault

    values = dict(one.partition("=")[::2] for one in given)
    try:
        return GateMargins.model_validate(values)
    except ValidationError as error:
        names = ", ".join(GateMargins.model_fields)
        faults = [describe_fault(details, lambda _: f"; there are {names}") for details in error.errors()]
        raise UserError(f"--margin: {'; '.join(faults)}") from None


def _print(retrained: Retrained) -> None:
    from vitrine.reports.gate.words import claim, describe_check, explain, say_learned, say_new_class
    from vitrine.ui.texts import load_texts, plain_spaces

    texts, report = load_texts("en"), retrained.report
    lines = [*say_learned(report.learned, texts), *(say_new_class(new, texts) for new in report.findings.new_classes)]
    refused = len(report.learned.left_out)
    if refused:
        lines.append(f"{texts('gate.left_out', count=refused)}: the page lists them.")
    lines.append("")
    for row in (describe_check(check, texts) for check in report.findings.checks):
        lines.append(
            f"{row.what:<36} {row.before:>9} -> {row.now:>9}   worse by {row.loss} (margin {row.margin}): {row.outcome}"
        )
    lines += ["", claim(report, texts), explain(report.findings, texts)]
    lines.append(f"page:  {retrained.folder / GATE_REPORT}")
    if retrained.run is not None:
        lines.append(f"model: {retrained.line.folder / 'current'}")
    print(plain_spaces("\n".join(lines)))
