"""Whether one thread of a processor trains faster than all together: tried in the first steps of a time budget."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from accelerate import Accelerator

TRIED_STEPS = 2  # with all threads, and as many with one; the fastest of each counts
# Where all threads together had more cores than that, one would take as many times as long, and cannot be faster.
MOST_CORES = 2.0


class ThreadChoice:
    """Keeps one thread where it is faster than all, as on a machine that does other work.

    Threads that compute a step together wait for each other at every layer, and each wait lasts until the other
    programs give a core back: beside ten of them on two cores, a step of 64 small pictures took 5 s with two threads
    and 0.4 s with one.

    Args:
        say: told where one thread is kept.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.all_threads = torch.get_num_threads()
        self.is_open = self.all_threads > 1
        self.with_all: list[float] = []
        self.with_one: list[float] = []
        self.core_seconds = time.process_time()

    def takes(self, seconds: float) -> bool:
        """Takes a step for the trial and sets the threads of the next one; False: it is over, the step counts.

        Args:
            seconds: that the step took.
        """
        if not self.is_open:
            return False
        before, self.core_seconds = self.core_seconds, time.process_time()
        if torch.get_num_threads() > 1:
            self.with_all.append(seconds)
            self._follow_all((self.core_seconds - before) / seconds)
        else:
            self.with_one.append(seconds)
            if len(self.with_one) == len(self.with_all):
                self._decide()
        return True

    def _follow_all(self, cores: float) -> None:
        """After a step of all threads, which had so many cores; with less than one, no second is waited for."""
        if cores < 1 or len(self.with_all) == TRIED_STEPS:
            self.is_open = cores < MOST_CORES
            torch.set_num_threads(1 if self.is_open else self.all_threads)

    def _decide(self) -> None:
        self.is_open = False
        one, together = min(self.with_one), min(self.with_all)
        if one < together:
            self.say(
                f"one thread computes: a step took it {one:.2g} s, and {self.all_threads} threads {together:.2g} s"
            )
        else:
            torch.set_num_threads(self.all_threads)


def open_thread_choice(
    accelerator: Accelerator, compiles: Literal["auto", "on", "off"], say: Callable[[str], None]
) -> ThreadChoice | None:
    """None where a GPU or several processes compute, or code that is compiled for a number of threads may.

    Args:
        accelerator: of the training.
        compiles: whether torch.compile is used, as in the recipe.
        say: told where one thread is kept.
    """
    alone = accelerator.device.type == "cpu" and accelerator.num_processes == 1
    return ThreadChoice(say) if alone and compiles == "off" else None


@contextmanager
def threads_given_back() -> Iterator[None]:
    """What follows computes with as many threads as what came before, whatever was set while it was open."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
