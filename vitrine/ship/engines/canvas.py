"""What a model answers where a web page resizes its pictures: on a canvas, without averaging.

Each pixel of the result is a mean of four, however much smaller the picture becomes: so do canvases of browsers by
default, and torch and Pillow by default do not. On 60 pictures of products the answers were off by 0.128 at most and
0.0041 in the median so, by transformers.js in Chromium by 0.132 and 0.0043 (EXPERIMENTS.md, 19).
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from vitrine.data.images.decoding import ImageError
from vitrine.data.manifest.split_names import TEST
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.sources.opening import open_found
from vitrine.data.sources.source import open_source
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Settings
from vitrine.records.model import Agreement
from vitrine.ship.agreement import compare

MOST_PICTURES = 100


def measure_canvas(predictor: Predictor, prepared: PreparedDataset) -> Agreement | None:
    """How alike a model answers to test pictures that a canvas resized; at most 100, at equal distances.

    Args:
        predictor: of the model, whose pictures are squashed or cropped.
        prepared: the data set that it was trained on; what it stores is resized already, so its source is looked at.

    Returns:
        None where the source is not at hand any more.
    """
    files = list(prepared.splits[TEST]["file"])
    chosen = files[:: -(-len(files) // MOST_PICTURES)]
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        images = list(_open_originals(predictor, prepared, chosen, Path(workspace)))
    if not images:
        return None
    resized = [resize_on_canvas(image, predictor.preprocess.settings) for image in images]
    return compare(predictor.predict_images(images), predictor.predict_images(resized, preprocessed=True))


def _open_originals(
    predictor: Predictor, prepared: PreparedDataset, files: Sequence[str], workspace: Path
) -> Iterator[Image.Image]:
    """Those that are there and can be read; nothing is fetched."""
    data = prepared.facts.settings.data
    if not Path(data.source).expanduser().exists():
        return
    wanted = set(files)
    try:
        found = [file for file in open_source(data, workspace).files if file.file in wanted]
    except UserError:  # the folder is another one by now
        return
    for file in found:
        try:
            yield open_found(file, data.max_megapixels, predictor.rendering)
        except ImageError:
            continue


def resize_on_canvas(image: Image.Image, settings: Settings) -> Image.Image:
    """A picture of the network's size.

    Args:
        image: upright, in RGB.
        settings: of an image processor that squashes (`size` has a height and a width) or crops (`shortest_edge`).
    """
    size = settings["size"]
    if "height" in size:
        return _sample(image, size["width"], size["height"])
    scale = size["shortest_edge"] / min(image.size)
    larger = _sample(image, round(image.width * scale), round(image.height * scale))
    width, height = settings["crop_size"]["width"], settings["crop_size"]["height"]
    left, top = (larger.width - width) // 2, (larger.height - height) // 2
    return larger.crop((left, top, left + width, top + height))


def _sample(image: Image.Image, width: int, height: int) -> Image.Image:
    scales = (image.width / width, 0, 0, 0, image.height / height, 0)
    return image.transform((width, height), Image.Transform.AFFINE, scales, Image.Resampling.BILINEAR)
