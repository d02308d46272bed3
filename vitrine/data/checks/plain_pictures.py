"""Which pictures show next to nothing: empty pages with their holes and dark edges, dark frames. All look alike."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.checks.fingerprints import SIDE

STANDS_OUT = 12.0  # grey levels
MOST_OUTSTANDING = 0.15  # of the pixels; a dark edge at two sides of a scan takes an eighth
# As many copies a picture may have though it is plain: someone may well have saved one several times.
CROWD = 7


def is_plain(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Whether nearly all of a picture is one grey, or a slope of it.

    Args:
        thumbnails: `[n, 48, 32]`, see `fingerprints`.

    Returns:
        bool `[n]`.
    """
    if len(thumbnails) == 0:
        return np.zeros(0, bool)  # NumPy has no median of no pictures
    brightness = thumbnails[:, :SIDE].astype(np.float32)
    middle = SIDE // 2
    # Medians, since what stands out must not tilt the slope.
    upper, lower, left, right = (
        np.median(half, axis=(1, 2))
        for half in (brightness[:, :middle], brightness[:, middle:], brightness[..., :middle], brightness[..., middle:])
    )
    places = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) / middle
    down, across = (lower - upper)[:, None, None], (right - left)[:, None, None]
    rest = brightness - down * places[:, None] - across * places
    rest -= np.median(rest, axis=(1, 2), keepdims=True)
    plain: npt.NDArray[np.bool_] = (np.abs(rest) > STANDS_OUT).mean(axis=(1, 2)) <= MOST_OUTSTANDING
    return plain


def drop_crowds(pairs: pd.DataFrame, thumbnails: npt.NDArray[np.uint8]) -> pd.DataFrame:
    """Leaves out pairs of plain pictures that are copies of many: a class of empty pages is more than one picture.

    Args:
        pairs: with the columns first and second, positions in `thumbnails`.
        thumbnails: `[all rows, 48, 32]`; only those of crowded rows are read.
    """
    rows, partners = np.unique(pairs[["first", "second"]].to_numpy(np.int64), return_counts=True)
    crowded = rows[partners >= CROWD]
    plain = crowded[is_plain(thumbnails[crowded])]
    return pairs[~(pairs["first"].isin(plain) | pairs["second"].isin(plain))].reset_index(drop=True)
