"""Golden pictures: drawn ones whose answers travel with a model, to see whether an engine computes rightly here.

An int8 file may be exact on one processor and wrong on the next: without VNNI, sums of two products are kept in 16
bits, and large ones are cut off. Nothing but its answers shows it. The pictures are drawn from a frozen stream of
random numbers: they need no room, and no training picture leaves the machine with a model.

Logits are compared beside probabilities: of a thousand classes each has a small one, and of a model that is very sure
none moves, whatever an engine does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.errors import UserError, first_line
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.preprocessing import Preprocessing
from vitrine.predict.runtimes.network import Network, Outputs
from vitrine.records.model import Golden, GoldenAnswers

CELLS = (1, 2, 5, 11, 32)  # fields in a row of each picture: what a network looks for may be coarse or fine
LEAST_SPREAD = 0.01  # of logits; where they are closer together, rounding would count for more than the answers
DECIMALS = 6  # of what is kept


@dataclass(frozen=True)
class Deviation:
    """How far answers are from what is right; infinite where they are no numbers or of other classes.

    Attributes:
        share: the largest difference of a probability or similarity.
        spreads: the largest of a logit, the mean of each picture's logits taken off, as a multiple of their spread.
    """

    share: float
    spreads: float = 0.0

    def exceeds(self, most: Self) -> bool:
        """Whether one of the two is larger than the most that is allowed."""
        return self.share > most.share or self.spreads > most.spreads

    def __str__(self) -> str:
        """For people."""
        if not np.isfinite(self.share):
            return "no numbers, or of other classes"
        return f"by {self.share:.2g} in probability or similarity, {self.spreads:.2g} of the spread of the logits"


FLOAT32 = Deviation(1e-3, 0.01)  # on any machine: other processors add up in another order
# Of fewer bits: a level more or less in some activations moves a logit of 1,000 classes by up to 0.2 of their spread.
# Sums that are cut off move it by 0.5 and more.
FEWER_BITS = Deviation(0.02, 0.3)


def draw_golden(side: int) -> list[Image.Image]:
    """Fields of random colours, `[side, side]` each, as the network sees them."""
    generator = np.random.RandomState(0)  # the only one whose numbers are promised to stay
    fields = [generator.randint(0, 256, (count, count, 3)).astype(np.uint8) for count in CELLS]
    return [Image.fromarray(field).resize((side, side), Image.Resampling.NEAREST) for field in fields]


def ask_golden(network: Network, preprocess: Preprocessing, side: int) -> Outputs:
    """What a network computes of the golden pictures."""
    return network.run(preprocess(draw_golden(side), preprocessed=True))


def note_answers(outputs: Outputs) -> GoldenAnswers:
    """What `ask_golden` gave, to be kept."""
    similarity = outputs.similarity
    return GoldenAnswers(
        logits=_center(outputs.logits).round(DECIMALS).tolist(),
        similarity=None if similarity is None else similarity.astype(np.float64).round(DECIMALS).tolist(),
    )


def measure_deviation(found: Outputs, right: Outputs) -> Deviation:
    """How far answers to the golden pictures are from what is known to be right."""
    if not _is_like(found.logits, right.logits) or not _is_like(found.similarity, right.similarity):
        return Deviation(np.inf, np.inf)
    logits, expected = _center(found.logits), _center(right.logits)
    shares = [float(np.abs(softmax(logits) - softmax(expected)).max())]
    if found.similarity is not None and right.similarity is not None:
        shares.append(float(np.abs(found.similarity - right.similarity).max()))
    return Deviation(max(shares), float(np.abs(logits - expected).max()) / max(float(expected.std()), LEAST_SPREAD))


def check_golden(name: str, network: Network, preprocess: Preprocessing, side: int, golden: Golden) -> None:
    """Has an engine answer the golden pictures.

    Args:
        name: of the model, for the message.
        network: to be checked.
        preprocess: that of the model.
        side: of its pictures, in pixels.
        golden: what is right.

    Raises:
        UserError: it answers differently, or not at all.
    """
    try:
        found = ask_golden(network, preprocess, side)
    except Exception as error:  # engines' errors have no common class that they make public
        raise UserError(f"{name}: {network.name} cannot compute it ({first_line(error)})") from error
    deviation = _compare(found, network.name, golden)
    if not deviation.exceeds(Deviation(golden.tolerance, golden.spreads)):
        return
    if golden.proven and network.name not in ("onnxruntime", *golden.proven_by):
        raise UserError(
            f"{name}: whether {network.name} computes it rightly was not proven when it was written, and some answers "
            f"differ ({deviation}); leave --runtime out, or write it again where {network.name} is installed"
        )
    raise UserError(
        f"{name}: on this machine its answers to pictures whose answers are known are wrong ({deviation}), so it is "
        "not used; take the float32 model, or another machine"
    )


def _compare(found: Outputs, runtime: str, golden: Golden) -> Deviation:
    answers = golden.answers_by.get(runtime) or golden.answers
    if answers is not None:
        similarity = None if answers.similarity is None else np.asarray(answers.similarity, np.float32)
        return measure_deviation(found, Outputs(np.asarray(answers.logits, np.float32), similarity))
    return _compare_probabilities(found, golden.proven_by.get(runtime) or golden.proven or golden.probabilities)


def _compare_probabilities(found: Outputs, expected: Sequence[Sequence[float]]) -> Deviation:
    """With a file of an earlier build, which says nothing else."""
    right = np.asarray(expected)
    if not _is_like(found.logits, right):
        return Deviation(np.inf)
    return Deviation(float(np.abs(softmax(found.logits) - right).max()))


def _is_like(found: npt.NDArray[np.floating] | None, right: npt.NDArray[np.floating] | None) -> bool:
    if found is None or right is None:
        return found is right
    return found.shape == right.shape and bool(np.isfinite(found).all())


def _center(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The mean of each picture's logits taken off: no probability depends on it."""
    centered: npt.NDArray[np.float64] = logits.astype(np.float64) - logits.mean(axis=1, keepdims=True)
    return centered
