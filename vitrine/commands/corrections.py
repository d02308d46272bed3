"""Write the likely wrong labels of a run into a table, to go through in a spreadsheet.

In the column action write relabel where the label is wrong (the new label is
the suggested one, or another class that you write into new_label) or remove
where the picture belongs to no class. Rows without an action change nothing;
they may stay or be deleted.

  python -m vitrine corrections runs/dogs/latest
  python data_prep.py runs/dogs/latest/recipe.yaml data.corrections=corrections.csv

The folder in which app.py keeps what people corrected is written as such a
table too, with every judgment, and takes one in. Pictures that were kept are
found from a table in that folder, where it is written if no name is given:

  python -m vitrine corrections corrections/
  python -m vitrine retrain runs/dogs/latest --corrections corrections/
  python -m vitrine corrections corrections/ --import corrected.csv --reviewer ann
"""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.corrections.export import TABLE, write_store, write_table
from vitrine.corrections.opinions import conflicts, current
from vitrine.corrections.store import CorrectionStore, is_store
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records.folder import RECIPE

MOST_TOLD = 20  # pictures on which reviewers differ; the table has all

if TYPE_CHECKING:
    from vitrine.corrections.judgment import Judgment
    from vitrine.workflows.review import Mark


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        options = build_parser().parse_args(arguments)
        if options.table is not None:
            _import(options.run, options.table, options.reviewer, options.data)
        elif is_store(options.run):
            _export_store(options.run, options.output)
        else:
            _export(options.run, options.output or Path(TABLE), options.mark)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("corrections", __doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run, or of app.py --corrections")
    parser.add_argument(
        "--output",
        type=Path,
        help="table to write (default: corrections.csv, of a folder of app.py in that folder, where a newer one "
        "replaces an older)",
    )
    parser.add_argument(
        "--mark",
        choices=("relabel", "remove"),
        default="",
        help="write this action into every new row, so that you delete the rows that are right",
    )
    parser.add_argument(
        "--import", dest="table", type=Path, metavar="TABLE", help="add the marked rows of a table to such a folder"
    )
    parser.add_argument("--reviewer", default="", help="who marked a table that names no reviewers")
    parser.add_argument(
        "--data", type=Path, metavar="PREPARED", help="prepared data set whose pictures such a table names"
    )
    return parser


def _import(folder: Path, table: Path, reviewer: str, prepared: Path | None) -> None:
    from vitrine.corrections.table import read_table
    from vitrine.data.prepared.local_copy import make_local
    from vitrine.records.manifest import read_manifest

    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give the folder of app.py --corrections, or a new one")
    hashes: dict[str, str] = {}
    if prepared is not None:
        manifest = read_manifest(make_local(prepared), ("file", "sha256"))
        hashes = dict(zip(manifest["file"], manifest["sha256"], strict=True))
    found = read_table(table, reviewer, hashes)
    added = CorrectionStore(folder).merge(found)
    print(f"{added:,} of {len(found):,} judgments were new and are kept in {folder}")


def _export_store(folder: Path, output: Path | None) -> None:
    said = CorrectionStore(folder).all()
    if output is None:
        output = write_store(folder)
    else:
        _check_output(output)
        write_table(output, said)
    differ = conflicts(said)
    print(f"table: {output}, {len(said):,} judgments about {len(current(said)):,} pictures")
    if differ:
        print(f"reviewers differ on {len(differ):,} of them, which get no action until they agree:")
        print("".join(f"  {_tell_conflict(one)}\n" for one in differ[:MOST_TOLD]), end="")
    if any(one.kept for one in said) and output.absolute().parent != folder.absolute():
        print(f"pictures that were kept are found only from a table in {folder}: leave --output out to add them")
    words = shlex.join(["--corrections", str(folder if output.parent == folder else output)])
    print(f"then, with the folder of the run that is to learn them for RUN:\n  {command_line('retrain')} RUN {words}")


def _tell_conflict(opinions: "Sequence[Judgment]") -> str:
    said = [f"{one.reviewer or 'nobody by name'} says {one.label or 'none of the classes'}" for one in opinions]
    return f"{opinions[0].file or opinions[0].sha256}: {'; '.join(said)}"


def _check_output(output: Path) -> None:
    if output.exists():
        raise UserError(f"--output: {output} is there already, perhaps with your marks; give another name")
    if output.suffix.lower() != ".csv":
        raise UserError(f"--output: must end in .csv (got {output})")
    if not output.absolute().parent.is_dir():
        raise UserError(f"--output: there is no folder {output.absolute().parent}")


def _export(run: Path, output: Path, mark: "Mark") -> None:
    _check_output(output)
    from vitrine.records.corrections import write_rows
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
    # The run's own recipe has name and source of its data set, wherever they were given.
    words = shlex.join([str(run / RECIPE), f"data.corrections={output}"])
    print(f"table: {output}\nthen:  {command_line('prepare')} {words}")
