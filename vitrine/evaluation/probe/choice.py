"""Which pictures are looked at, and which of these are drawn, where there is no time or room for all."""

import numpy as np
import numpy.typing as npt

ALWAYS_TAKEN = 10  # pictures of each class, however small it is beside the others
MOST_DRAWN = 1500  # pictures of a map: of 2 kB each on the page, and some seconds of t-SNE


def choose_images(label_ids: npt.NDArray[np.int64], at_most: int, seed: int) -> npt.NDArray[np.int64]:
    """The places of up to so many pictures, in order: of each class its share, but its first ten in any case.

    Where there is no room for ten of each, the first of every class go before the second.

    Args:
        label_ids: `[pictures]`.
        at_most: how many are wanted.
        seed: of the choice.
    """
    shuffled = np.random.default_rng(seed).permutation(len(label_ids))
    turn = np.empty(len(label_ids))
    for label_id in np.unique(label_ids):
        own = shuffled[label_ids[shuffled] == label_id]
        beyond = np.arange(len(own)) - ALWAYS_TAKEN + 1
        turn[own] = np.where(beyond > 0, beyond / len(own), beyond)
    in_turn = shuffled[np.argsort(turn[shuffled], kind="stable")]
    return np.sort(in_turn[:at_most])


def choose_drawn(label_ids: npt.NDArray[np.int64], is_wrong: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.int64]:
    """The places of up to 1,500 pictures for a map, in order: of each class its share, but mistakes first.

    Mistakes are what a person looks for. They get at most half of the room, so that the map shows what is right too.

    Args:
        label_ids: `[pictures]`.
        is_wrong: `[pictures]`.
        seed: of the choice.
    """
    if len(label_ids) <= MOST_DRAWN:
        return np.arange(len(label_ids))
    wrong, others = np.flatnonzero(is_wrong), np.flatnonzero(~is_wrong)
    room = max(MOST_DRAWN // 2, MOST_DRAWN - len(others))
    mistakes = wrong[choose_images(label_ids[wrong], room, seed)]
    rest = others[choose_images(label_ids[others], MOST_DRAWN - len(mistakes), seed)]
    return np.sort(np.concatenate([mistakes, rest]))
