import sys

import pytest

from vitrine.errors import UserError
from vitrine.work.choice import open_engine, works_elsewhere
from vitrine.work.dask import DaskCluster
from vitrine.work.local import LocalPool
from vitrine.work.ranks import Ranks


def test_each_engine_has_its_options(monkeypatch):
    monkeypatch.setattr("vitrine.work.choice.check_installed", lambda: None)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert open_engine("local", 2) == LocalPool(2)
    assert open_engine("ranks", 2) == Ranks(1, 3, 2, are_together=True)
    assert open_engine("dask", 2) == DaskCluster(None, 2)
    assert open_engine("dask", address="tcp://machine:8786") == DaskCluster("tcp://machine:8786", None)


def test_only_a_cluster_with_an_address_is_elsewhere():
    assert works_elsewhere(DaskCluster("tcp://machine:8786"))
    assert not any(map(works_elsewhere, (None, LocalPool(), Ranks(0, 2), DaskCluster())))


def test_dask_that_is_not_installed_is_named_before_anything_is_done(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-cluster\.txt"):
        open_engine("dask")


@pytest.mark.parametrize(
    ("name", "workers", "message"),
    [
        ("local", None, "--address: of --run-on dask alone, not of --run-on local"),
        ("dask", 2, "has workers of its own"),
    ],
)
def test_options_of_another_engine_are_refused(name, workers, message):
    with pytest.raises(UserError, match=message):
        open_engine(name, workers, "tcp://machine:8786")
