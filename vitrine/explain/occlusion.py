"""Which parts of a picture an answer needs, by covering many of them at once; for every runtime.

While one part is covered a sure answer hardly changes, so between a tenth and nine tenths of them are, at random. A
ridge regression then tells how much each part adds to the logarithm of the odds, as LIME does with parts of other
shapes (Ribeiro et al., arXiv:1602.04938).
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.explain.perturbation import USUAL, Ask, Perturbation, Pixels, without_content

PARTS = 8  # along a side; more parts need more questions (EXPERIMENTS.md, 22)
EVALUATIONS = 400
LEAST, MOST = 0.1, 0.9  # shares of the parts that stay
RIDGE = 3.0
BATCH = 16
SURE = 1e-6  # probabilities nearer to 0 or 1 are taken for this
LEAST_WORTH = 1e-6  # of a part, in log-odds: less is a rounding error

Parts = npt.NDArray[np.bool_]  # `[pictures, PARTS, PARTS]`: which parts stay


def occlusion_map(ask: Ask, picture: Pixels, options: Perturbation = USUAL) -> npt.NDArray[np.float32]:
    """How much each part of a picture speaks for a class.

    Args:
        ask: the probability of the class for pictures.
        picture: as the network sees it, `[3, side, side]`.
        options: see there.

    Returns:
        float32, `[side, side]`, from 0 to 1; all 0 where no part speaks for it.
    """
    evaluations = options.evaluations or EVALUATIONS
    generator = np.random.default_rng(0)
    stay = generator.random((evaluations, PARTS, PARTS)) < generator.uniform(LEAST, MOST, (evaluations, 1, 1))
    covers = np.arange(evaluations) % 2  # by blurring, by the mean colour
    backgrounds = without_content(picture)
    log_odds = []
    for start in range(0, evaluations, BATCH):
        some = slice(start, start + BATCH)
        visible = _spread(stay[some], picture.shape[-1])[:, None]
        log_odds.append(_log_odds(ask(np.where(visible, picture, backgrounds[covers[some]]))))
        options.progress(min(start + BATCH, evaluations), evaluations)
    return _draw(_weigh(stay, covers, np.concatenate(log_odds)), picture.shape[-1])


def _weigh(stay: Parts, covers: npt.NDArray[np.intp], log_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much each part adds to the log-odds, `[PARTS, PARTS]`; both covers have a mean of their own."""
    features = stay.reshape(len(stay), -1).astype(np.float64)
    target = log_odds.astype(np.float64)
    for cover in np.unique(covers):
        features[covers == cover] -= features[covers == cover].mean(axis=0)
        target[covers == cover] -= target[covers == cover].mean()
    weights = np.linalg.solve(features.T @ features + RIDGE * np.eye(PARTS**2), features.T @ target)
    return weights.astype(np.float64).reshape(PARTS, PARTS)


def _draw(weights: npt.NDArray[np.float64], side: int) -> npt.NDArray[np.float32]:
    """Smooth, since parts have no edges in the picture; what speaks against the class is 0."""
    small = Image.fromarray(np.where(np.abs(weights) < LEAST_WORTH, 0, weights).astype(np.float32))
    smooth = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32).clip(0)
    scaled: npt.NDArray[np.float32] = smooth / max(smooth.max(), np.finfo(np.float32).tiny)
    return scaled


def _log_odds(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    bounded = np.clip(probabilities, SURE, 1 - SURE)
    odds: npt.NDArray[np.float64] = np.log(bounded / (1 - bounded))
    return odds


def _spread(parts: Parts, side: int) -> Parts:
    """Whether each pixel stays: `[pictures, side, side]`."""
    part_of = np.arange(side) * PARTS // side
    return parts[:, part_of[:, None], part_of]
