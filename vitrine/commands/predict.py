"""Classify pictures, or all pictures in folders, and write a table with the likeliest classes.

python -m vitrine predict runs/digits/latest/model data/digits/3
python -m vitrine predict owner/model-on-the-hub photo.jpg --top-k 5 --output answers.csv
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import run_command
from vitrine.errors import UserError

if TYPE_CHECKING:
    from vitrine.inference.predictor import Predictor


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        "python -m vitrine predict", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="model folder, or id on the Hugging Face Hub")
    parser.add_argument("pictures", nargs="+", type=Path, help="picture files, or folders of them")
    parser.add_argument("--top-k", type=int, default=3, help="classes per picture (default %(default)s)")
    parser.add_argument("--output", type=Path, help="CSV file to write; without it, the terminal")
    options = parser.parse_args(arguments)
    return run_command(lambda: _predict(options))


def _predict(options: argparse.Namespace) -> None:
    from vitrine.inference.predictor import Predictor

    if options.top_k < 1:
        raise UserError(f"--top-k: must be at least 1 (got {options.top_k})")
    files = list(_list_files(options.pictures))
    predictor = Predictor.load(options.model)
    top_k = min(options.top_k, len(predictor.label_names))
    columns = [column for rank in range(1, top_k + 1) for column in (f"label_{rank}", f"probability_{rank}")]
    stream = options.output.open("w", newline="", encoding="utf-8") if options.output else sys.stdout
    try:
        table = csv.writer(stream)
        table.writerow(["file", "problem", *columns])
        for file in files:
            table.writerow([str(file), *_classify(predictor, file, top_k)])
    finally:
        if options.output:
            stream.close()


def _list_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files as given, and the visible files below the folders, in order."""
    from vitrine.data.sources import walk_files

    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: there is no such file or folder")
        if path.is_dir():
            yield from (path / file for file in sorted(walk_files(path)) if not _is_hidden(file))
        else:
            yield path


def _is_hidden(file: str) -> bool:
    return any(part.startswith(".") for part in Path(file).parts)


def _classify(predictor: "Predictor", file: Path, top_k: int) -> list[str]:
    """The cells after the file name: the problem, if any, then names and probabilities."""
    from vitrine.data.preparation import PictureError

    try:
        picture = predictor.open_picture(file)
    except PictureError as error:
        return [str(error)]
    answers = predictor.predict(picture, top_k)
    return ["", *(cell for label_name, probability in answers for cell in (label_name, f"{probability:.6f}"))]
