"""A name is found at its last row that counts, also among names of equal hash."""

import numpy as np
import pyarrow as pa
import pytest

from vitrine.data.manifest import name_index
from vitrine.data.manifest.name_index import NameIndex

NAMES = pa.chunked_array([["b", "a", ""], ["é", "b"], ["c"]])


@pytest.fixture(params=[hash, len], ids=["as Python hashes", "nearly all of equal hash"])
def hashed(request, monkeypatch):
    monkeypatch.setattr(name_index, "hash", request.param, raising=False)


@pytest.mark.usefixtures("hashed")
def test_a_name_is_found_at_the_last_of_its_rows():
    index = NameIndex(NAMES)
    assert [index.find(name) for name in ("a", "b", "", "é", "c", "d", "dd")] == [1, 4, 2, 3, 5, None, None]
    assert "b" in index
    assert "d" not in index


@pytest.mark.usefixtures("hashed")
def test_only_the_rows_that_count_are_found_in_the_order_given():
    index = NameIndex(NAMES, np.array([4, 1, 0]))
    assert [index.find(name) for name in ("a", "b", "c")] == [1, 0, None]


def test_of_no_names_none_is_found():
    assert NameIndex(pa.chunked_array([], pa.string())).find("a") is None
    assert NameIndex(NAMES, np.array([], np.int64)).find("a") is None


def test_names_are_read_in_parts(monkeypatch):
    monkeypatch.setattr(name_index, "NAMES_AT_ONCE", 4)
    assert NameIndex(NAMES).find("c") == 5
