"""Wilson's formula."""

import pytest

from vitrine.wilson import wilson


def test_it_is_the_interval_of_the_literature():
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Newcombe 1998


def test_its_ends_are_exact_where_all_or_none_count():
    assert (wilson(0, 5)[0], wilson(1, 5)[1]) == (0.0, 1.0)
