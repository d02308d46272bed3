"""The engine that a person names."""

from typing import Literal, get_args

from vitrine.errors import UserError
from vitrine.work.dask import DaskCluster, check_installed
from vitrine.work.local import LocalPool
from vitrine.work.ranks import Ranks
from vitrine.work.unit import Engine

EngineName = Literal["local", "ranks", "dask"]
ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)


def open_engine(name: EngineName, workers: int | None = None, address: str | None = None) -> Engine:
    """An engine by its name; nothing is started before it has work.

    Args:
        name: "local": processes of this machine; "ranks": this process as one of a job that torchrun or Slurm started;
            "dask": a cluster.
        workers: processes of this machine; None: one for each core.
        address: of a scheduler of Dask; None: Dask starts workers on this machine.

    Raises:
        UserError: an option is of another engine, nobody started ranks, or Dask is not installed.
    """
    if address is not None and name != "dask":
        raise UserError(f"--address: of --run-on dask alone, not of --run-on {name}")
    if address is not None and workers is not None:
        raise UserError("--workers: a cluster that has an address has workers of its own; leave one of both out")
    if name == "ranks":
        return Ranks.from_environment(workers)
    if name == "dask":
        check_installed()  # before hours of listing and loading
        return DaskCluster(address, workers)
    return LocalPool(workers)


def works_elsewhere(engine: Engine | None) -> bool:
    """Whether other machines must find what this one unpacks."""
    return isinstance(engine, DaskCluster) and engine.address is not None
