"""Whether a map shows what an answer rests on: parts are taken away, or brought back, in its order.

Deletion takes the most important parts away first: the probability should fall soon, so a small area under the curve is
good. Insertion brings them back first into a picture without content: it should rise soon, so a large area is good
(Petsiuk et al., arXiv:1806.07421). Both depend on what stands where a part was taken away, so each is done with two of
these: a blurred picture and the mean colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.explain.perturbation import Ask, Pixels, without_content

Map = npt.NDArray[np.float32]

STEPS = 12
CELLS = 14  # along a side: what is taken away at once is whole squares, as parts of things are
# HiResCAM stayed at 0.40 or below on 50 pictures, LayerCAM was above 0.59 on half of them (EXPERIMENTS.md, 22).
MOST_SIMILAR = 0.5
BLOB = 1 / 4  # radius, as a share of the side


@dataclass(frozen=True)
class Faithfulness:
    """How well a map tells what an answer rests on.

    Attributes:
        deletion: mean probability while the most important parts go first, 0 to 1; lower is better.
        insertion: mean probability while the most important parts come first; higher is better.
    """

    deletion: float
    insertion: float

    @property
    def score(self) -> float:
        """Insertion minus deletion: 0 for a map that says nothing, near 1 for one that says all."""
        return self.insertion - self.deletion


@dataclass(frozen=True)
class Verdict:
    """A map's figures beside those of maps that know nothing.

    Attributes:
        own: of the map.
        controls: of a random map and of a blob in the centre, where things mostly are.
        random_weights: rank correlation with the map of the same network with random weights, -1 to 1; None where that
            was not tried, as the map is made of answers alone.
    """

    own: Faithfulness
    controls: Mapping[str, Faithfulness]
    random_weights: float | None = None

    @property
    def beats_controls(self) -> bool:
        """Whether it says more than maps that know nothing."""
        return all(self.own.score > control.score for control in self.controls.values())

    @property
    def is_trusted(self) -> bool:
        """Whether it does so, and is not what every network would show."""
        return self.beats_controls and (self.random_weights is None or self.random_weights <= MOST_SIMILAR)


def judge(ask: Ask, picture: Pixels, importance: Map, seed: int = 0) -> Verdict:
    """Compares a map with two that know nothing.

    Args:
        ask: the probability of the class that the map is about, for pictures `[pictures, 3, side, side]`.
        picture: as the network sees it, `[3, side, side]`.
        importance: `[side, side]`.
        seed: of the random map.
    """
    side = picture.shape[-1]
    controls = {"random": random_map(side, seed), "centre": center_blob(side)}
    return Verdict(
        measure(ask, picture, importance), {name: measure(ask, picture, one) for name, one in controls.items()}
    )


def measure(ask: Ask, picture: Pixels, importance: Map) -> Faithfulness:
    """Deletion and insertion of one map, each the mean over both baselines; arguments as for `judge`."""
    cells = _cells_in_order(importance)
    deletions, insertions = [], []
    for baseline in without_content(picture):
        deletions.append(_area(ask, picture, baseline, cells))
        insertions.append(_area(ask, baseline, picture, cells))
    return Faithfulness(float(np.mean(deletions)), float(np.mean(insertions)))


def _area(ask: Ask, start: Pixels, end: Pixels, cells: npt.NDArray[np.intp]) -> float:
    """The mean probability while cells of one picture are replaced by those of another, in their order."""
    shares = np.linspace(0, 1, STEPS + 1)
    # Rank of the cell that each pixel is in; those below a share of all ranks are replaced.
    replaced = [(cells < round(share * CELLS**2))[None] for share in shares]
    mixed = np.stack([np.where(mask, end, start) for mask in replaced]).astype(np.float32)
    curve = ask(mixed)
    return float(np.trapezoid(curve, shares))


def _cells_in_order(importance: Map) -> npt.NDArray[np.intp]:
    """For each pixel the rank of its cell, 0 for the most important; `[side, side]`."""
    side = importance.shape[0]
    cell_of = np.minimum(np.arange(side) * CELLS // side, CELLS - 1)
    sums = sum_cells(importance)
    ranks = np.empty(CELLS**2, np.intp)
    ranks[np.argsort(-sums.ravel(), kind="stable")] = np.arange(CELLS**2)
    spread: npt.NDArray[np.intp] = ranks.reshape(CELLS, CELLS)[np.ix_(cell_of, cell_of)]
    return spread


def sum_cells(importance: Map) -> npt.NDArray[np.float64]:
    """The importance in each cell, `[CELLS, CELLS]`, of a map `[side, side]`."""
    side = importance.shape[0]
    cell_of = np.minimum(np.arange(side) * CELLS // side, CELLS - 1)
    sums = np.zeros((CELLS, CELLS))
    np.add.at(sums, np.ix_(cell_of, cell_of), importance)
    return sums


def random_map(side: int, seed: int) -> Map:
    """A map that knows nothing, `[side, side]`."""
    cells = np.random.default_rng(seed).random((CELLS, CELLS), dtype=np.float32)
    cell_of = np.minimum(np.arange(side) * CELLS // side, CELLS - 1)
    spread: Map = cells[np.ix_(cell_of, cell_of)]
    return spread


def center_blob(side: int) -> Map:
    """A map that knows only that things mostly stand in the centre, `[side, side]`."""
    place = (np.arange(side) + 0.5) / side - 0.5
    blob: Map = np.exp(-(place[:, None] ** 2 + place[None] ** 2) / (2 * BLOB**2)).astype(np.float32)
    return blob


def compare_maps(first: Map, second: Map) -> float:
    """Rank correlation of two maps `[side, side]` by cells, -1 to 1; 0 where one of them is the same everywhere."""
    cells = [sum_cells(one).ravel() for one in (first, second)]
    if any(np.ptp(one) == 0 for one in cells):
        return 0.0
    ranks = pd.DataFrame(np.stack(cells, axis=1)).rank()
    return float(np.corrcoef(ranks.to_numpy(), rowvar=False)[0, 1])
