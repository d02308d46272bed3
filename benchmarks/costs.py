"""What a process and those that it started cost: memory at its peak, seconds of the processor."""

import threading
import time
from pathlib import Path

import psutil


def processor_time() -> float:
    """Seconds of this process and those that it started; of what those started, and is gone, too."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def own_memory() -> float:
    """Megabytes of this process and its children that are not mapped from files (Linux)."""
    total = 0
    for process in (me := psutil.Process(), *me.children(recursive=True)):
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:  # it has ended
            continue
        # A process that is just starting another one shares its pages with it: each counts for its share.
        total += int(rollup.partition("Pss_Anon:")[2].split()[0])
    return total / 1024


def watch_memory(seconds: float = 0.1) -> list[float]:
    """A list of one number, the peak so far of `own_memory`, looked at every so many seconds until the process ends."""
    highest = [own_memory()]

    def watch() -> None:
        while True:
            highest[0] = max(highest[0], own_memory())
            time.sleep(seconds)

    threading.Thread(target=watch, daemon=True).start()
    return highest
