"""Pictures that travel with a model, and what Python says of them: other answers mean other pixels or numbers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from PIL import Image

from vitrine.predict.predictor import Predictor

ANSWERS = "answers.json"
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
        file: its name.
        format: of the file.
        probabilities: of every label.
        similarity: to the training pictures; None where the model does not measure it.
    """

    file: str
    format: str
    probabilities: list[float]
    similarity: float | None


def write_golden(predictor: Predictor, folder: Path, tolerance: float) -> dict[str, Any]:
    """Draws the pictures and asks the model about them.

    Args:
        predictor: whose answers are right.
        folder: empty, for pictures and answers.
        tolerance: by which other answers may differ.

    Returns:
        What `answers.json` in it says: the tolerance, and of each picture its file, format, probabilities and
        similarity.
    """
    paths = [folder / f"{number}.{kind}" for number, kind in enumerate(FORMATS)]
    for number, (path, (kind, options)) in enumerate(zip(paths, FORMATS.items(), strict=True)):
        _draw(number, SIZES[number]).save(path, kind.upper(), **options)
    answers = predictor.predict_images([predictor.open_image(path) for path in paths])
    similarities = [None] * len(paths) if answers.similarities is None else answers.similarities.tolist()
    found = map(Golden, [path.name for path in paths], FORMATS, answers.probabilities.tolist(), similarities)
    content = {"tolerance": tolerance, "pictures": [asdict(one) for one in found]}
    (folder / ANSWERS).write_text(json.dumps(content), "utf-8")
    return content


def find_tolerance(file: Path) -> float:
    """By which other engines may differ from an ONNX file."""
    return TOLERANCE_INT8 if is_quantized(file) else TOLERANCE


def is_quantized(file: Path) -> bool:
    """Whether an ONNX file computes in whole numbers of 8 bits."""
    return any(node.op_type in QUANTIZED for node in onnx.load(file).graph.node)


def _draw(seed: int, size: tuple[int, int]) -> Image.Image:
    """Coarse and fine patches, with edges, so that every way of resizing otherwise is seen."""
    generator = np.random.default_rng(seed)
    coarse, fine = (
        Image.fromarray(generator.integers(0, 256, (cells, cells, 3)).astype(np.uint8)) for cells in (6, 48)
    )
    patches = coarse.resize(size, Image.Resampling.NEAREST)
    return Image.blend(patches, fine.resize(size, Image.Resampling.BICUBIC), 0.4)
