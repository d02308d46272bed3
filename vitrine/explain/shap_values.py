"""Shapley values of a picture's parts for a class, estimated by the library SHAP (Lundberg and Lee 2017).

Its partition explainer halves the picture again and again, hides halves, and shares the change of the probability
between them; a part that is hidden is blurred or painted in from its surroundings. It asks the network a set number of
times, whatever runtime computes it.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from os import cpu_count
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vitrine.errors import UserError
from vitrine.explain.perturbation import USUAL, Hiding, Perturbation, Probabilities

Levels = npt.NDArray[np.uint8]
Parts = npt.NDArray[np.bool_]  # `[PARTS, PARTS]`: which parts of a picture are hidden
Value = TypeVar("Value", bound=np.generic)
EVALUATIONS = 300
BATCH = 16
PARTS = 32  # along a side: smaller ones than a few hundred questions can tell apart
BLUR_SHARE = 1 / 7  # of the side: as wide as nothing can be told in it
INPAINT_RADIUS = 3  # pixels, as in SHAP
NUMBA = Lock()  # its settings are those of the whole process
MISSING = "the method shap needs the library SHAP: pip install -r requirements-shap.txt (or vitrine[shap])"


def shap_map(
    ask: Callable[[Levels], Probabilities], picture: Levels, options: Perturbation = USUAL
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
        explain, hide = _explainer(), _hiding(picture, options.hiding)
    except ImportError:  # SHAP's own message does not say how to get OpenCV
        raise UserError(MISSING) from None
    done, evaluations = 0, options.evaluations or EVALUATIONS

    def ask_and_count(shown: npt.NDArray[np.floating]) -> Probabilities:
        nonlocal done
        shares = ask(hide(shown[..., 0] == 0))
        done = min(done + len(shown), evaluations)
        options.progress(done, evaluations)
        return shares[:, None]

    # What SHAP halves and hides is a picture of ones, a pixel for each part, with zeros where parts are hidden.
    found = explain(ask_and_count)(np.ones((1, PARTS, PARTS, 1)), max_evals=evaluations, batch_size=BATCH, silent=True)
    for_class = np.maximum(np.asarray(found.values).reshape(PARTS, PARTS), 0)
    largest = for_class.max()
    scaled: npt.NDArray[np.float32] = (for_class / largest if largest > 0 else for_class).astype(np.float32)
    return _spread(scaled, picture.shape[0])


def _explainer() -> Callable[..., Any]:
    """Makes SHAP's explainer of a function."""
    with NUMBA:
        masker = _make_masker()
    import shap

    return partial(shap.PartitionExplainer, masker=masker)


@cache
def _make_masker() -> Any:
    """SHAP's way of halving the parts, made by its loops in Python.

    Numba would compile them for twelve seconds in every process, and over a thousand parts they run for a tenth of one.
    Where SHAP was imported before, its loops wait to be compiled, and only Numba as it was then can do so.
    """
    import numba

    config: Any = numba.config
    usual, config.DISABLE_JIT = config.DISABLE_JIT, config.DISABLE_JIT or "shap" not in sys.modules
    try:
        import shap

        return shap.maskers.Image(np.zeros((PARTS, PARTS, 1)))
    finally:
        config.DISABLE_JIT = usual


def _hiding(picture: Levels, hiding: Hiding) -> Callable[[npt.NDArray[np.bool_]], Levels]:
    """A function from hidden parts `[pictures, PARTS, PARTS]` to pictures without them, `[pictures, side, side, 3]`."""
    import cv2

    side = picture.shape[0]
    if hiding == "blur":
        width = max(1, round(side * BLUR_SHARE))
        blurred = cv2.blur(picture, (width, width))
        return lambda hidden: np.where(_spread(hidden, side)[..., None], blurred, picture)
    without_content = np.broadcast_to(picture.mean(axis=(0, 1)).astype(np.uint8), picture.shape)

    def paint_in(parts: Parts) -> Levels:
        if parts.all():
            return without_content  # there is nothing to paint with
        mask = _spread(parts, side).astype(np.uint8)
        painted: Levels = cv2.inpaint(picture, mask, INPAINT_RADIUS, cv2.INPAINT_TELEA).astype(np.uint8, copy=False)
        return painted

    def paint_in_each(hidden: npt.NDArray[np.bool_]) -> Levels:
        with ThreadPoolExecutor(cpu_count()) as threads:  # OpenCV takes one core for a picture
            return np.stack(list(threads.map(paint_in, hidden)))

    return paint_in_each


def _spread(parts: npt.NDArray[Value], side: int) -> npt.NDArray[Value]:
    """The value of its part for each pixel: `[..., PARTS, PARTS]` to `[..., side, side]`."""
    part_of = np.arange(side) * PARTS // side
    return parts[..., part_of[:, None], part_of]
