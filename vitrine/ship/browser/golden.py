"""Pictures that travel with a page, and what Python says of them: a browser that says otherwise does not answer."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from PIL import Image

from vitrine.predict.predictor import Predictor

FOLDER = "golden"
# Ten times what two processors differ in by rounding, and a tenth of what another way of resizing does.
TOLERANCE = 1e-3
# Whole numbers of 8 bits round to steps, and one level more or less may be a step: up to 0.003 was seen. Where sums run
# over, as on some processors, answers are off by far more.
TOLERANCE_INT8 = 2e-2
QUANTIZED = ("QuantizeLinear", "QLinearConv")
# Of each format that the browser decodes itself and with losses. The first is asked at the start of the page, the
# others before the first answer to a picture of their format.
FORMATS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 90, "subsampling": "4:2:0"},
    "webp": {"quality": 90},
}
SIZES = ((400, 300), (261, 350))


@dataclass(frozen=True)
class Golden:
    """A picture and its answer.

    Attributes:
        file: relative to the page's folder.
        format: of the file.
        probabilities: of every label.
        similarity: to the training pictures; None where the model does not measure it.
    """

    file: str
    format: str
    probabilities: list[float]
    similarity: float | None


def write_golden(predictor: Predictor, folder: Path) -> dict[str, Any]:
    """Draws the pictures and asks the model about them.

    Args:
        predictor: of the very ONNX file that the page loads.
        folder: of the page.

    Returns:
        The section `golden` of page.json.
    """
    (folder / FOLDER).mkdir()
    files = []
    for number, (kind, options) in enumerate(FORMATS.items()):
        files.append(f"{FOLDER}/{number}.{kind}")
        _draw(number, SIZES[number]).save(folder / files[-1], kind.upper(), **options)
    answers = predictor.predict_images([predictor.open_image(folder / file) for file in files])
    similarities = [None] * len(files) if answers.similarities is None else answers.similarities.tolist()
    found = map(Golden, files, FORMATS, answers.probabilities.tolist(), similarities)
    tolerance = TOLERANCE_INT8 if _is_quantized(Path(predictor.model_id)) else TOLERANCE
    return {"tolerance": tolerance, "pictures": [asdict(one) for one in found]}


def _is_quantized(file: Path) -> bool:
    return any(node.op_type in QUANTIZED for node in onnx.load(file).graph.node)


def _draw(seed: int, size: tuple[int, int]) -> Image.Image:
    """Coarse and fine patches, with edges, so that every way of resizing otherwise is seen."""
    generator = np.random.default_rng(seed)
    coarse, fine = (
        Image.fromarray(generator.integers(0, 256, (cells, cells, 3)).astype(np.uint8)) for cells in (6, 48)
    )
    patches = coarse.resize(size, Image.Resampling.NEAREST)
    return Image.blend(patches, fine.resize(size, Image.Resampling.BICUBIC), 0.4)
