"""Show on a page what the augmentation of a recipe does to pictures: 16 variants of each, as the network sees them.

python -m vitrine augment configs/s2_dogs5.yaml augmentation.policy=strong
python -m vitrine augment augmentation.rotation=45 --pictures photo.jpg drawing.png
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.records.atomic import PAGE_MARK, check_replaceable_file

PER_CLASS = 1
AT_MOST = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        _show_variants(given.recipe, given.options.pictures, given.options.out)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("augment", __doc__)
    parser.add_argument(
        "--pictures", nargs="+", type=Path, metavar="FILE", help="show these; else one of each class of the source"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("augmentation.html"), help="page to write (default %(default)s)"
    )
    return parser


def _show_variants(recipe: Recipe, pictures: Sequence[Path] | None, out: Path) -> None:
    from vitrine.data.augmentation.mixing import Mixing
    from vitrine.data.augmentation.policies import Policy
    from vitrine.data.images.preprocessing import Preparation
    from vitrine.data.sources.samples import choose_samples, open_given
    from vitrine.reports.previews.augmentation import Augmentation, write_augmentation_page
    from vitrine.ui.texts import load_texts, plain_spaces

    check_replaceable_file("--out", out, PAGE_MARK, "page")
    data, preparation = recipe.data, Preparation.from_section(recipe.preparation)
    shown = Augmentation(
        name=recipe.augmentation.policy,
        policy=Policy.from_section(recipe.augmentation),
        mixing=Mixing.from_section(recipe.augmentation),
        seed=recipe.engine.seed,
        stored_side=data.training_size or data.image_size,
        side=recipe.training_side,
        preparation=preparation,
    )
    with TemporaryDirectory(prefix="vitrine-") as workspace:
        given = pictures and open_given(pictures, data.max_megapixels, preparation)
        samples = given or choose_samples(data, recipe.labels, preparation, Path(workspace), PER_CLASS, AT_MOST)
    write_augmentation_page(out, recipe.name, samples, shown, recipe.report.language)
    print(f"{plain_spaces(shown.sentence(load_texts('en')))}\npage: {out}")
