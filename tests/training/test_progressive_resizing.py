"""Pictures grow from epoch to epoch, in sides that networks halve without a rest, to the size that was asked for."""

import pytest

from vitrine.training.progressive_resizing import side_in_epoch


@pytest.mark.parametrize(
    ("epochs", "first", "last", "sides"),
    [
        (3, 128, 192, [128, 160, 192]),
        (4, 100, 150, [100, 128, 128, 150]),  # the ends are as asked for
        (3, 224, 224, [224, 224, 224]),
        (2, 128, 224, [128, 224]),
        (1, 128, 224, [224]),  # the only epoch is the last one
    ],
)
def test_the_side_grows_evenly_to_that_of_the_last_epoch(epochs, first, last, sides):
    assert [side_in_epoch(epoch, epochs, first, last) for epoch in range(epochs)] == sides


def test_it_never_shrinks():
    sides = [side_in_epoch(epoch, 17, 96, 224) for epoch in range(20)]
    assert sides == sorted(sides)
    assert (sides[0], sides[16], sides[19]) == (96, 224, 224)
