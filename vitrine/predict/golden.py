"""Golden pictures: drawn ones whose probabilities travel with a model, to see whether an engine computes rightly here.

An int8 file may be exact on one processor and wrong on the next: without VNNI, sums of two products are kept in 16
bits, and large ones are cut off. Nothing but its answers shows it. The pictures are drawn from a frozen stream of
random numbers: they need no room, and no training picture leaves the machine with a model.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from vitrine.errors import UserError
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.preprocessing import Preprocessing
from vitrine.predict.runtimes.network import Network
from vitrine.records.model import Golden

CELLS = (1, 2, 5, 11, 32)  # fields in a row of each picture: what a network looks for may be coarse or fine


def draw_golden(side: int) -> list[Image.Image]:
    """Fields of random colours, `[side, side]` each, as the network sees them."""
    generator = np.random.RandomState(0)  # the only one whose numbers are promised to stay
    fields = [generator.randint(0, 256, (count, count, 3)).astype(np.uint8) for count in CELLS]
    return [Image.fromarray(field).resize((side, side), Image.Resampling.NEAREST) for field in fields]


def ask_golden(network: Network, preprocess: Preprocessing, side: int) -> np.ndarray:
    """Calibrated probabilities of the golden pictures, `[pictures, labels]`."""
    return softmax(network.run(preprocess(draw_golden(side), preprocessed=True)).logits)


def measure_deviation(probabilities: np.ndarray, golden: Sequence[Sequence[float]]) -> float:
    """The largest difference to what is known to be right; infinite where an answer is not a number."""
    expected = np.asarray(golden)
    if probabilities.shape != expected.shape or not np.isfinite(probabilities).all():
        return np.inf
    return float(np.abs(probabilities - expected).max())


def check_golden(name: str, network: Network, preprocess: Preprocessing, side: int, golden: Golden) -> None:
    """Has an engine answer the golden pictures.

    Args:
        name: of the model, for the message.
        network: to be checked.
        preprocess: that of the model.
        side: of its pictures, in pixels.
        golden: what is right.

    Raises:
        UserError: it answers differently.
    """
    expected = golden.proven_by.get(network.name) or golden.proven or golden.probabilities
    deviation = measure_deviation(ask_golden(network, preprocess, side), expected)
    if deviation > golden.tolerance and golden.proven and network.name not in ("onnxruntime", *golden.proven_by):
        raise UserError(
            f"{name}: whether {network.name} computes it rightly was not proven when it was written, and some answers "
            f"differ by {deviation:.2g}; leave --runtime out, or write it again where {network.name} is installed"
        )
    if deviation > golden.tolerance:
        found = (
            f"by {deviation:.2g} where {golden.tolerance:.2g} is allowed" if np.isfinite(deviation) else "no numbers"
        )
        raise UserError(
            f"{name}: on this machine its answers to pictures whose answers are known are wrong ({found}), so it is "
            "not used; take the float32 model, or another machine"
        )
