"""A page that shows what the preparation does to pictures: each step before and after, and the ways to a square."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms.v2.functional import to_pil_image

from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.images.resizing import RESIZES, whiten
from vitrine.data.images.steps import WHITEN, apply_steps
from vitrine.data.sources.samples import Sample
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.ui.frame import Thumbnail, render, thumbnail

LONGEST_SIDE = 240  # pixels
WHITENED_RANGE = 2.5  # deviations to either side of the mean that are shown from black to white

RESIZE_WORDS = {
    "squash": ("squashed", "The whole picture stays in view; its proportions change."),
    "crop": ("the middle cut out", "Proportions stay; what lies beyond the shorter side is not seen."),
    "letterbox": ("with bars", "Proportions and the whole picture stay; the bars take room from it."),
}


@dataclass(frozen=True)
class Stage:
    """A picture on its way; `chosen` marks what the network sees, sizes are in pixels."""

    words: str
    size: str
    picture: Thumbnail
    chosen: bool = False


def write_preparation_page(
    path: Path, name: str, samples: Sequence[Sample], preparation: Preparation, side: int
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file.
        name: of the recipe.
        samples: at least one.
        preparation: what is shown.
        side: of the square that the network sees, in pixels.

    Raises:
        UserError: the folder of the page is not there.
    """
    if not path.parent.is_dir():
        raise UserError(f"--out: there is no folder {path.parent}; make it first, or give another place")
    content = {
        "name": name,
        "verdict": describe_preparation(preparation, side),
        "preparation": preparation,
        "side": side,
        "step_words": [_step_words(step, preparation) for step in preparation.steps],
        "resize_words": RESIZE_WORDS,
        "rows": [
            {
                "sample": sample,
                "stages": list_stages(sample.picture, preparation, side),
                "ways": compare_ways(sample.picture, preparation, side),
            }
            for sample in samples
        ],
    }
    write_text(path, render("previews/preprocessing.html.jinja", content))


def describe_preparation(preparation: Preparation, side: int) -> str:
    """What happens to every picture, as a sentence."""
    parts = [_step_words(step, preparation) for step in preparation.picture_steps]
    parts.append(f"{side} × {side} pixels, {RESIZE_WORDS[preparation.resize][0]}")  # noqa: RUF001
    if preparation.whitens:
        parts.append(_step_words(WHITEN, preparation))
    return f"Every picture: {'; '.join(parts)}."


def list_stages(picture: Image.Image, preparation: Preparation, side: int) -> list[Stage]:
    """The original, the picture after each step, and the square as the network sees it."""
    stages = [_show("original", picture)]
    stepped = picture
    for number, step in enumerate(preparation.picture_steps, start=1):
        stepped = apply_steps(stepped, (step,), preparation.contrast_factor, preparation.center_share)
        stages.append(_show(f"{number}. {_step_words(step, preparation)}", stepped))
    preprocessed = preprocess_image(picture, side, preparation)
    way = RESIZE_WORDS[preparation.resize][0]
    stages.append(_show(f"square: {way}", to_pil_image(preprocessed), chosen=not preparation.whitens))
    if preparation.whitens:
        stages.append(_show(_step_words(WHITEN, preparation), display_whitened(preprocessed), chosen=True))
    return stages


def compare_ways(picture: Image.Image, preparation: Preparation, side: int) -> list[Stage]:
    """The square after the same steps by each way of resizing."""
    return [
        _show(
            f"{way}: {RESIZE_WORDS[way][0]}",
            to_pil_image(preprocess_image(picture, side, replace(preparation, resize=way))),
            chosen=way == preparation.resize,
        )
        for way in RESIZES
    ]


def display_whitened(preprocessed: torch.Tensor) -> Image.Image:
    """Whitened numbers as a picture: the mean is middle grey, 2.5 deviations to either side are black and white."""
    values = whiten(preprocessed.unsqueeze(0).float())[0]
    levels = ((values / WHITENED_RANGE + 1) / 2 * 255).clamp(0, 255).round().to(torch.uint8)
    picture: Image.Image = to_pil_image(levels)
    return picture


def _show(words: str, picture: Image.Image, chosen: bool = False) -> Stage:
    shown = picture
    if max(picture.size) > LONGEST_SIDE:
        shown = picture.copy()
        shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    size = f"{picture.width:,} × {picture.height:,}"  # noqa: RUF001
    return Stage(words, size, thumbnail(shown), chosen)


def _step_words(step: str, preparation: Preparation) -> str:
    return {
        "contrast": f"contrast times {preparation.contrast_factor:g}",
        "autocontrast": "darkest to black, lightest to white",
        "equalize": "brightness spread evenly",
        "crop_centre": f"centre, {preparation.center_share * 100:g} % of each side",
        "crop_content": "even border cut off",
        "mirror_horizontal": "left and right mirrored",
        "mirror_vertical": "top and bottom mirrored",
        WHITEN: "whitened: mean 0, deviation 1",
    }[step]
