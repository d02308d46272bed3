"""Write the likely wrong labels of a run into a table, to go through in a spreadsheet.

In the column action write relabel where the label is wrong (the new label is
the suggested one, or another class that you write into new_label) or remove
where the picture belongs to no class. Rows without an action change nothing;
they may stay or be deleted.

  python -m vitrine corrections runs/dogs/latest
  python data_prep.py RECIPE.yaml data.corrections=corrections.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.invocation import command_line

if TYPE_CHECKING:
    from vitrine.workflows.review import Mark


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        options = build_parser().parse_args(arguments)
        _export(options.run, options.output, options.mark)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("corrections", __doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument(
        "--output", type=Path, default=Path("corrections.csv"), help="table to write (default: %(default)s)"
    )
    parser.add_argument(
        "--mark",
        choices=("relabel", "remove"),
        default="",
        help="write this action into every new row, so that you delete the rows that are right",
    )
    return parser


def _export(run: Path, output: Path, mark: "Mark") -> None:
    if output.exists():
        raise UserError(f"--output: {output} is there already, perhaps with your marks; give another name")
    if output.suffix.lower() != ".csv":
        raise UserError(f"--output: must end in .csv (got {output})")
    if not output.absolute().parent.is_dir():
        raise UserError(f"--output: there is no folder {output.absolute().parent}")
    from vitrine.data.labels.corrections import write_rows
    from vitrine.workflows.review import review_run

    review = review_run(run, mark)
    write_rows(output, review.rows)
    fresh = len(review.rows) - review.earlier
    if not review.rows:
        print("no label of this run looks wrong: there is nothing to correct; the table has no rows yet")
    else:
        print(f"{fresh:,} likely wrong {'label' if fresh == 1 else 'labels'}, the likeliest first")
    if review.earlier:
        doubt = f"; {review.doubted:,} of them look wrong (see suggested)" if review.doubted else ""
        print(f"{review.earlier:,} corrections that the run was trained with are kept on top{doubt}")
    print(f"table: {output}\nthen:  {command_line('prepare')} RECIPE.yaml data.corrections={output}")
