"""A page that shows what the preparation does to pictures: each step before and after, and the ways of resizing."""

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
from vitrine.ui.texts import NO_BREAK, Language, Texts, load_texts

LONGEST_SIDE = 240  # pixels
WHITENED_RANGE = 2.5  # deviations to either side of the mean that are shown from black to white


@dataclass(frozen=True)
class Stage:
    """A picture on its way; `chosen` marks what the network sees, sizes are in pixels."""

    words: str
    size: str
    picture: Thumbnail
    chosen: bool = False


def write_preparation_page(
    path: Path, name: str, samples: Sequence[Sample], preparation: Preparation, side: int, language: Language = "en"
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file.
        name: of the recipe.
        samples: at least one.
        preparation: what is shown.
        side: of the image that the network sees, in pixels.
        language: of the page.

    Raises:
        UserError: the folder of the page is not there.
    """
    if not path.parent.is_dir():
        raise UserError(f"--out: there is no folder {path.parent}; make it first, or give another place")
    texts = load_texts(language)
    content = {
        "name": name,
        "verdict": describe_preparation(preparation, side, texts),
        "preparation": preparation,
        "side": side,
        "step_words": [_step_words(step, preparation, texts) for step in preparation.steps],
        "resizes": RESIZES,
        "rows": [
            {
                "sample": sample,
                "stages": list_stages(sample.picture, preparation, side, texts),
                "ways": compare_ways(sample.picture, preparation, side, texts),
            }
            for sample in samples
        ],
    }
    write_text(path, render("previews/preprocessing.html.jinja", content, texts))


def describe_preparation(preparation: Preparation, side: int, texts: Texts) -> str:
    """What happens to every picture, as a sentence."""
    parts = [_step_words(step, preparation, texts) for step in preparation.image_steps]
    way = texts(f"preprocessing.ways.{preparation.resize}")
    parts.append(texts("preprocessing.size", side=side, way=way))
    if preparation.whitens:
        parts.append(_step_words(WHITEN, preparation, texts))
    return texts("preprocessing.verdict", steps=texts("common.semicolon").join(parts))


def list_stages(picture: Image.Image, preparation: Preparation, side: int, texts: Texts) -> list[Stage]:
    """The original, the picture after each step, and the preprocessed image as the network sees it.

    Args:
        picture: as it is on disk.
        preparation: what is done to it.
        side: of the preprocessed image, in pixels.
        texts: of the page's language.
    """
    stages = [_show(texts("preprocessing.original"), picture, texts)]
    stepped = picture
    for number, step in enumerate(preparation.image_steps, start=1):
        stepped = apply_steps(stepped, (step,), preparation.contrast_factor, preparation.center_share)
        words = texts("preprocessing.numbered", number=number, step=_step_words(step, preparation, texts))
        stages.append(_show(words, stepped, texts))
    preprocessed = preprocess_image(picture, side, preparation)
    words = texts("preprocessing.preprocessed", way=texts(f"preprocessing.ways.{preparation.resize}"))
    stages.append(_show(words, to_pil_image(preprocessed), texts, chosen=not preparation.whitens))
    if preparation.whitens:
        words = _step_words(WHITEN, preparation, texts)
        stages.append(_show(words, display_whitened(preprocessed), texts, chosen=True))
    return stages


def compare_ways(picture: Image.Image, preparation: Preparation, side: int, texts: Texts) -> list[Stage]:
    """The preprocessed image after the same steps by each way of resizing; arguments as for `list_stages`."""
    return [
        _show(
            texts("preprocessing.way", way=way, words=texts(f"preprocessing.ways.{way}")),
            to_pil_image(preprocess_image(picture, side, replace(preparation, resize=way))),
            texts,
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


def _show(words: str, picture: Image.Image, texts: Texts, chosen: bool = False) -> Stage:
    shown = picture
    if max(picture.size) > LONGEST_SIDE:
        shown = picture.copy()
        shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    size = f"{texts.number(picture.width)} × {texts.number(picture.height)}"  # noqa: RUF001
    return Stage(words, size, thumbnail(shown), chosen)


def _step_words(step: str, preparation: Preparation, texts: Texts) -> str:
    share = f"{texts.short_number(100 * preparation.center_share)}{NO_BREAK}%"
    return texts(f"preprocessing.steps.{step}", factor=texts.short_number(preparation.contrast_factor), share=share)
