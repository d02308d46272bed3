"""Progressive resizing: training pictures that are small at first, and as large as they will be in the last epoch.

Early epochs teach what is coarse, which small pictures show as well, for a share of the work that falls with the square
of their side (fastai's lessons of 2018; EfficientNetV2, arXiv:2104.00298, does so with weaker changes at first).
"""

STEP = 32  # pixels: most networks halve the side five times


def side_in_epoch(epoch: int, epochs: int, first: int, last: int) -> int:
    """Side of the training pictures in pixels; it depends on nothing else, so that a resumed training goes on exactly.

    Args:
        epoch: from 0.
        epochs: that are planned now; a time budget changes them.
        first: side in the first epoch.
        last: side in the last epoch, not smaller.
    """
    if epoch <= 0 and epochs > 1:
        return first
    if epoch >= epochs - 1:
        return last
    between = first + (last - first) * epoch / (epochs - 1)
    return min(last, max(first, STEP * round(between / STEP)))
