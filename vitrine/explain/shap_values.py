"""Shapley values of a picture's parts for a class, estimated by the library SHAP (Lundberg and Lee 2017).

Its partition explainer halves the picture again and again, hides halves, and shares the change of the probability
between them; a part that is hidden is blurred or painted in from its surroundings. It asks the network a set number of
times, whatever runtime computes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from vitrine.errors import UserError
from vitrine.explain.occlusion import Probabilities

Hiding = Literal["blur", "inpaint_telea"]
Levels = npt.NDArray[np.uint8]
HIDINGS: tuple[Hiding, ...] = get_args(Hiding)
EVALUATIONS = 300
BATCH = 16
BLUR_SHARE = 1 / 7  # of the side: as wide as nothing can be told in it
MISSING = "the method shap needs the library SHAP: pip install -r requirements-shap.txt (or vitrine[shap])"


@dataclass(frozen=True)
class ShapOptions:
    """How Shapley values are estimated.

    Attributes:
        hiding: how parts are hidden.
        evaluations: times that the network is asked, about; more show smaller parts.
        progress: told how often it was asked, and of how many; what it raises ends the work.
    """

    hiding: Hiding = "blur"
    evaluations: int = EVALUATIONS
    progress: Callable[[int, int], object] = lambda _done, _all: None


USUAL = ShapOptions()


def shap_map(
    ask: Callable[[Levels], Probabilities], picture: Levels, options: ShapOptions = USUAL
) -> npt.NDArray[np.float32]:
    """How much each pixel speaks for a class.

    Args:
        ask: the probability of the class for pictures `[pictures, side, side, 3]`.
        picture: as the network sees it, before it is normalised, 0 to 255, `[side, side, 3]`.
        options: see there.

    Returns:
        float32, `[side, side]`, from 0 to 1; all 0 where nothing speaks for the class.

    Raises:
        UserError: SHAP is not installed.
    """
    try:
        import cv2  # noqa: F401 (SHAP's own message does not say how to get it)
        import shap
    except ImportError:
        raise UserError(MISSING) from None
    done = 0

    def ask_and_count(pictures: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
        nonlocal done
        shares = ask(np.clip(np.rint(pictures), 0, 255).astype(np.uint8))
        done = min(done + len(pictures), options.evaluations)
        options.progress(done, options.evaluations)
        return shares[:, None]

    width = max(1, round(picture.shape[0] * BLUR_SHARE))
    # 8-bit levels: painting in goes through them, and other ranges would turn black or wrap round.
    masker = shap.maskers.Image(f"blur({width},{width})" if options.hiding == "blur" else options.hiding, picture.shape)
    explainer = shap.PartitionExplainer(ask_and_count, masker)
    found = explainer(picture[None], max_evals=options.evaluations, batch_size=BATCH, silent=True)
    for_class = np.maximum(np.asarray(found.values)[0, ..., 0].sum(axis=-1), 0)
    largest = for_class.max()
    scaled: npt.NDArray[np.float32] = (for_class / largest if largest > 0 else for_class).astype(np.float32)
    return scaled
