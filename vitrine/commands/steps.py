"""Show on a page what the preparation of a recipe does to pictures: each step, before and after.

python -m vitrine steps configs/digits.yaml preparation.steps=[autocontrast]
python -m vitrine steps preparation.resize=crop --pictures photo.jpg drawing.png
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.records.atomic import PAGE_MARK, check_replaceable_file

PER_CLASS = 2
AT_MOST = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        _show_steps(given.recipe, given.options.pictures, given.options.out)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("steps", __doc__)
    parser.add_argument(
        "--pictures", nargs="+", type=Path, metavar="FILE", help="show these; else a few of each class of the source"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("preparation.html"), help="page to write (default %(default)s)"
    )
    return parser


def _show_steps(recipe: Recipe, pictures: Sequence[Path] | None, out: Path) -> None:
    from vitrine.data.images.preprocessing import Preparation
    from vitrine.data.sources.samples import choose_samples, open_given
    from vitrine.reports.previews.preprocessing import describe_preparation, write_preparation_page
    from vitrine.ui.texts import load_texts, plain_spaces

    check_replaceable_file("--out", out, PAGE_MARK, "page")
    data, preparation = recipe.data, Preparation.from_section(recipe.preparation)
    with TemporaryDirectory(prefix="vitrine-") as workspace:
        given = pictures and open_given(pictures, data.max_megapixels, preparation)
        samples = given or choose_samples(data, recipe.labels, preparation, Path(workspace), PER_CLASS, AT_MOST)
    write_preparation_page(out, recipe.name, samples, preparation, data.image_size, recipe.report.language)
    print(f"{plain_spaces(describe_preparation(preparation, data.image_size, load_texts('en')))}\npage: {out}")
