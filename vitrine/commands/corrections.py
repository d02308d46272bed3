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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder

if TYPE_CHECKING:
    from vitrine.data.labels.corrections import Row
    from vitrine.records.mistakes import LabelErrors, Suspect


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


def _export(run: Path, output: Path, mark: str) -> None:
    if output.exists():
        raise UserError(f"--output: {output} is there already, perhaps with your marks; give another name")
    if output.suffix.lower() != ".csv":
        raise UserError(f"--output: must end in .csv (got {output})")
    if not output.absolute().parent.is_dir():
        raise UserError(f"--output: there is no folder {output.absolute().parent}")
    from vitrine.data.labels.corrections import write_rows

    found = _read_label_errors(run)
    earlier = _read_earlier(run)
    rows = merge_rows(earlier, found, mark)
    if not rows:
        print("no label of this run looks wrong: there is nothing to correct")
        return
    write_rows(output, rows)
    known = {row.file for row in earlier}
    fresh = sum(row.file not in known for row in rows)
    again = sum(suspect.file in known for suspect in found.suspects)
    print(f"{fresh:,} likely wrong {'label' if fresh == 1 else 'labels'}, the likeliest first")
    if earlier:
        doubt = f"; {again:,} of them look wrong (see suggested)" if again else ""
        print(f"{len(earlier):,} corrections that the run was trained with are kept on top{doubt}")
    print(f"table: {output}\nthen:  {command_line('prepare')} RECIPE.yaml data.corrections={output}")


def _read_label_errors(run: Path) -> "LabelErrors":
    from vitrine.records.run import Metrics

    path = run / run_folder.METRICS
    if not path.is_file():
        raise UserError(
            f"{run} is not a finished run: it has no {run_folder.METRICS}; `{command_line('runs')}` lists them"
        )
    mistakes = Metrics.read(path).mistakes
    if mistakes is None:
        raise UserError(f"{path} says nothing of wrong labels: an older version made it; train again")
    return mistakes.label_errors


def _read_earlier(run: Path) -> list["Row"]:
    """The rows that the run was trained with: they hold for the next one too."""
    from vitrine.config.loading import load_recipe
    from vitrine.data.labels.corrections import read_rows

    given = load_recipe(run / run_folder.RECIPE).data.corrections
    if given is None:
        return []
    return [row for _, row in read_rows(Path(given).expanduser()) if row.action]


def merge_rows(earlier: Sequence["Row"], found: "LabelErrors", mark: str) -> list["Row"]:
    """Earlier rows as they were, then the likely wrong labels of pictures that they do not name."""
    from vitrine.data.labels.corrections import Row

    suspects = {suspect.file: suspect for suspect in found.suspects}
    kept = [_doubt(row, suspects[row.file]) if row.file in suspects else row for row in earlier]
    known = {row.file for row in earlier}
    return kept + [
        Row(
            file=suspect.file,
            label_name=suspect.label_name,
            suggested=suspect.suggested,
            action=mark,
            split=suspect.split,
            suspicion=f"{suspect.suspicion:.3f}",
        )
        for suspect in found.suspects
        if suspect.file not in known
    ]


def _doubt(row: "Row", suspect: "Suspect") -> "Row":
    """An earlier correction whose new label looks wrong: it stays, with what is likelier beside it."""
    new_label = (row.new_label or row.suggested) if row.action == "relabel" else row.new_label
    return replace(row, new_label=new_label, suggested=suspect.suggested, suspicion=f"{suspect.suspicion:.3f}")
