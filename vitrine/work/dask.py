"""Units of work done by a Dask cluster, or by one that Dask starts on this machine."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from vitrine.errors import UserError, first_line
from vitrine.work.local import count_cores
from vitrine.work.slots import do_all
from vitrine.work.unit import AnyWork, Work

if TYPE_CHECKING:
    from distributed import Client

SECONDS_TO_ANSWER = 30  # in which a scheduler answers, and has a worker
# A worker that dies takes its unit back to us, who know what ended it, rather than to three more workers.
NO_RETRIES = {"distributed.scheduler.allowed-failures": 0}


@dataclass(frozen=True)
class DaskCluster:
    """Workers of Dask, each a process of one thread; they share a disk with this process, under the same paths.

    Attributes:
        address: of a scheduler, such as `tcp://machine:8786`; None: workers of this machine, which end with the job.
        workers: of this machine; None: one for each core.
    """

    address: str | None = None
    workers: int | None = None

    def share(self, works: Sequence[AnyWork]) -> Sequence[AnyWork]:
        """All of them."""
        return works

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does what is not done.

        Raises:
            UserError: Dask is not installed, no scheduler answers, or its workers are not as they must be.
        """
        check_installed()
        with ExitStack() as stack:
            client = self._connect(stack)
            yield from do_all(works, partial(count_workers, client), partial(_is_done_by, client))

    def _connect(self, stack: ExitStack) -> "Client":
        """The client of the cluster; the stack closes it, and the cluster where it is of this machine."""
        import dask
        from distributed import Client, LocalCluster

        if self.address is None:
            with dask.config.set(NO_RETRIES):
                cluster = LocalCluster(
                    n_workers=self.workers or count_cores(),
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            return stack.enter_context(closing(Client(stack.enter_context(closing(cluster)))))
        try:
            return stack.enter_context(closing(Client(self.address, timeout=SECONDS_TO_ANSWER)))
        except (OSError, TypeError, ValueError) as error:  # a TypeError where an address needs certificates
            raise UserError(
                f"--address: no scheduler of Dask answers at {self.address} ({error}); give the address that "
                "`dask scheduler` prints"
            ) from error


def check_installed() -> None:
    """Makes sure that the extra is there, without importing it.

    Raises:
        UserError: it is not.
    """
    if find_spec("distributed") is None:
        raise UserError(
            "--run-on dask: Dask is not installed; `pip install -r requirements-cluster.txt`, or use --run-on local"
        )


def count_workers(client: "Client") -> int:
    """How many workers a cluster has just now.

    Args:
        client: of the cluster.

    Raises:
        UserError: none, or some that do several units at once: one that dies would take the others along.
    """
    _wait_for_a_worker(client)
    threads = client.nthreads()
    if max(threads.values()) > 1:
        raise UserError(
            "--run-on dask: a worker of the cluster has several threads; start them with `dask worker --nthreads 1 "
            "--nworkers auto`, so that a picture that ends its reader ends nothing else"
        )
    return len(threads)


def _wait_for_a_worker(client: "Client") -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
    except TimeoutError:
        raise UserError(
            f"--run-on dask: the cluster had no worker for {SECONDS_TO_ANSWER} s; start some with `dask worker`, and "
            "this command again: what is done is not done again"
        ) from None


def _is_done_by(client: "Client", work: Work) -> bool:
    """Has a worker do a unit; whether it lived to tell."""
    from distributed import CancelledError, KilledWorker, wait
    from distributed.comm.core import CommClosedError

    try:
        future = client.submit(_do, work, pure=False)
        while not future.done():
            try:
                wait(future, timeout=SECONDS_TO_ANSWER)
            except TimeoutError:  # a large unit; or the last worker died as it started: Dask does not always replace it
                _wait_for_a_worker(client)
        future.result()
    except KilledWorker:
        return False
    except (CancelledError, CommClosedError) as error:
        raise UserError(
            f"--run-on dask: the scheduler is gone ({first_line(error)}); start it and its workers, and this command "
            "again: what is done is not done again"
        ) from error
    return True


def _do(work: Work) -> None:
    work.do()
