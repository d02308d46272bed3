"""The options of commands whose work an engine can do."""

import argparse

from vitrine.commands.console import parse_count
from vitrine.errors import UserError
from vitrine.work.choice import ENGINE_NAMES, open_engine
from vitrine.work.unit import Engine

OPTIONS = ("--run-on", "--workers", "--address")


def add_engine_options(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds `--run-on`, `--workers` and `--address`.

    Args:
        parser: of a command.
        what: is done in shards: "read the pictures".
    """
    parser.add_argument(
        "--run-on",
        choices=ENGINE_NAMES,
        help=f"{what} in shards: local, by processes of this machine; ranks, as one rank of a job that torchrun or "
        "Slurm started; dask, by the workers of a cluster. A job that was broken off goes on from its last whole shard",
    )
    parser.add_argument("--workers", type=parse_count, help="processes of --run-on (one for each core)")
    parser.add_argument(
        "--address", help="of the scheduler of --run-on dask; without it Dask starts workers on this machine"
    )


def read_engine(options: argparse.Namespace) -> Engine | None:
    """The engine that is asked for; None where none is.

    Args:
        options: of a parser of `add_engine_options`.

    Raises:
        UserError: an option is of another engine, or of none, or nobody started ranks.
    """
    if options.run_on is not None:
        return open_engine(options.run_on, options.workers, options.address)
    for name in ("workers", "address"):
        if getattr(options, name) is not None:
            raise UserError(f"--{name}: says how --run-on works; give --run-on too, or leave it out")
    return None
