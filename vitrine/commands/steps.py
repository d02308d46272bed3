"""Show on a page what the preparation of a recipe does to pictures: each step, before and after.

python -m vitrine steps configs/digits.yaml preparation.steps=[autocontrast]
python -m vitrine steps preparation.resize=crop --pictures photo.jpg drawing.png
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from vitrine.commands.console import parse_recipe, run_command
from vitrine.config.schema import Recipe
from vitrine.errors import UserError

if TYPE_CHECKING:
    from vitrine.data.preparation import Preparation
    from vitrine.data.sources import FoundFile
    from vitrine.reporting.preparation_page import Sample

PER_CLASS = 2
AT_MOST = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = parse_recipe("python -m vitrine steps", __doc__ or "", arguments, _add_options)
        _show_steps(given.recipe, given.options.pictures, given.options.out)

    return run_command(command)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pictures", nargs="+", type=Path, metavar="FILE", help="show these; else a few of each class of the source"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("preparation.html"), help="page to write (default %(default)s)"
    )


def _show_steps(recipe: Recipe, pictures: Sequence[Path] | None, out: Path) -> None:
    from vitrine.data.preparation import Preparation
    from vitrine.reporting.preparation_page import describe_preparation, write_preparation_page

    preparation = Preparation.from_section(recipe.preparation)
    with TemporaryDirectory(prefix="vitrine-") as workspace:
        given = pictures and _open_given(pictures, recipe, preparation)
        samples = given or _choose_samples(recipe, preparation, Path(workspace))
    write_preparation_page(out, recipe.name, samples, preparation, recipe.data.image_size)
    print(f"{describe_preparation(preparation, recipe.data.image_size)}\npage: {out}")


def _open_given(pictures: Sequence[Path], recipe: Recipe, preparation: "Preparation") -> list["Sample"]:
    from vitrine.data.preparation import PictureError, open_picture
    from vitrine.reporting.preparation_page import Sample

    samples = []
    for path in pictures:
        try:
            picture = open_picture(path, recipe.data.max_megapixels, preparation.ground)
        except PictureError as error:
            raise UserError(f"--pictures: {path} cannot be shown: {error}") from error
        samples.append(Sample(path.name, "", picture))
    return samples


def _choose_samples(recipe: Recipe, preparation: "Preparation", workspace: Path) -> list["Sample"]:
    """The first sound pictures of each class, fewer of each where there are many classes."""
    from vitrine.data.labels import map_labels
    from vitrine.data.sources import open_source

    found = open_source(recipe.data, workspace).files
    by_class: dict[str, list[FoundFile]] = {}
    for file in map_labels(found, recipe.labels).files:
        if not file.left_out:
            by_class.setdefault(file.label_name, []).append(file)
    # Spread over the classes where not all of them find room.
    names = sorted(by_class)
    count = min(len(names), AT_MOST)
    chosen = [names[round(place * (len(names) - 1) / max(1, count - 1))] for place in range(count)]
    per_class = max(1, min(PER_CLASS, AT_MOST // max(1, count)))
    samples = [sample for name in chosen for sample in _first_sound(by_class[name], per_class, recipe, preparation)]
    if not samples:
        raise UserError(
            f"data.source: {recipe.data.source} has no picture that can be shown; give some with --pictures"
        )
    return samples


def _first_sound(
    files: Sequence["FoundFile"], number: int, recipe: Recipe, preparation: "Preparation"
) -> Iterator["Sample"]:
    from vitrine.data.preparation import PictureError, open_picture
    from vitrine.reporting.preparation_page import Sample

    for file in files:
        if number == 0:
            return
        try:
            picture = open_picture(file.path, recipe.data.max_megapixels, preparation.ground)
        except PictureError:  # data_prep.py names it with its reason
            continue
        number -= 1
        yield Sample(file.file, file.label_name, picture)
