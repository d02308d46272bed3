"""Whether other programs have the cores that the threads of a training wait for, and what to do then."""

import time

import psutil
import torch

LEAST_SHARE = 0.5  # of a core for each thread; beside other work a training had 0.3, on an idle machine 0.95
FULL = 0.9  # share of the machine's time that is used where programs wait for cores
LEAST_SECONDS = 5.0  # a shorter time says little


class CoreWatch:
    """Looks at a stretch of a training on the processor; it begins when this is made."""

    def __init__(self) -> None:
        self.begun, self.own, self.machine = time.perf_counter(), _read_own(), _read_machine()

    def advise(self) -> str | None:
        """What to tell whoever trains; None where the threads had their cores, or the machine was not full."""
        seconds, threads = time.perf_counter() - self.begun, torch.get_num_threads()
        if threads == 1 or seconds < LEAST_SECONDS:
            return None
        used, whole = (after - before for after, before in zip(_read_machine(), self.machine, strict=True))
        cores = (_read_own() - self.own) / seconds
        if used < FULL * whole or cores >= LEAST_SHARE * threads:
            return None
        return (
            f"note: other programs leave {cores:.1f} cores to the {threads} threads of this training, which wait for "
            "each other at every layer; with OMP_NUM_THREADS=1 it may be several times as fast"
        )


def _read_own() -> float:
    """Seconds of cores that this process and those that open its pictures have had."""
    workers = psutil.Process().children(recursive=True)
    return time.process_time() + sum(sum(one.cpu_times()[:2]) for one in workers if one.is_running())


def _read_machine() -> tuple[float, float]:
    """Seconds that the cores of this machine were used, and all of them, since it started."""
    times = psutil.cpu_times()._asdict()
    idle = times["idle"] + times.get("iowait", 0.0)
    # Those of guests are in those of the user.
    whole = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
    return whole - idle, whole
