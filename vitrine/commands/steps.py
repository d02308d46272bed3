"""Show on a page what the preparation of a recipe does to pictures: each step, before and after.

python -m vitrine steps configs/digits.yaml preparation.steps=[autocontrast]
python -m vitrine steps preparation.resize=crop --pictures photo.jpg drawing.png
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.commands.console import parse_recipe, run_command
from vitrine.config.recipe import Recipe

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
    from vitrine.data.images.preprocessing import Preparation
    from vitrine.data.sources.samples import choose_samples, open_given
    from vitrine.reports.previews.preprocessing import describe_preparation, write_preparation_page

    data, preparation = recipe.data, Preparation.from_section(recipe.preparation)
    with TemporaryDirectory(prefix="vitrine-") as workspace:
        given = pictures and open_given(pictures, data.max_megapixels, preparation)
        samples = given or choose_samples(data, recipe.labels, preparation, Path(workspace), PER_CLASS, AT_MOST)
    write_preparation_page(out, recipe.name, samples, preparation, data.image_size)
    print(f"{describe_preparation(preparation, data.image_size)}\npage: {out}")
