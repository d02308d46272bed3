"""Which runtime computes a model: the fastest on this machine of those that give the same answers, measured once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from vitrine.errors import UserError, first_line
from vitrine.predict.golden import Deviation, ask_golden, draw_golden, measure_deviation
from vitrine.predict.latency import time_in_turns
from vitrine.predict.predictor import Predictor
from vitrine.records.runtime import Runtime, RuntimeChoice
from vitrine.workflows.runtime_cache import (
    CHOICE_FILE,
    CacheError,
    describe_machine,
    keep_choice,
    measuring_alone,
    read_choice,
)

TOLERANCE = Deviation(1e-4, 1e-3)  # to the first of the runtimes; by rounding, logits were 1e-4 of their spread off
LEAST_GAIN = 0.95  # another runtime than the first must take less than this share of its time

Open = Callable[[Runtime], Predictor]
Say = Callable[[str], None]


def open_fastest(runtimes: Sequence[Runtime], open_by: Open, cache: Path, threads: int | None, say: Say) -> Predictor:
    """Opens a model by the runtime that was found to be the fastest, which is measured where it is not known.

    Args:
        runtimes: that may compute the model; the first is taken unless another gains.
        open_by: opens it.
        cache: of `find_cache`.
        threads: that compute a batch together, as they were asked for.
        say: is told the choice, and what is not used and why.

    Raises:
        UserError: none of them opens it, or torch does not.
    """
    left_out: dict[Runtime, str] = {}
    kept = read_choice(cache, threads)
    if kept is not None:
        try:
            return replace(open_by(kept.chosen), choice=kept)
        except (UserError, OSError) as error:
            if kept.chosen == "torch":  # what the others compute is made by it
                raise
            left_out[kept.chosen] = first_line(error)
            say(f"{kept.chosen} is not used any more: {first_line(error)}")
            (cache / CHOICE_FILE).unlink(missing_ok=True)
    with measuring_alone():
        found = None if left_out else read_choice(cache, threads)  # another process may have been faster
        if found is not None:
            return replace(open_by(found.chosen), choice=found)
        return _measure(runtimes, open_by, cache, left_out, threads, say)


def _measure(
    runtimes: Sequence[Runtime],
    open_by: Open,
    cache: Path,
    left_out: dict[Runtime, str],
    threads: int | None,
    say: Say,
) -> Predictor:
    opened, is_lasting = _open_all(runtimes, open_by, left_out, say)
    usual = next(iter(opened))
    for runtime, deviation in _compare(opened).items():
        left_out[runtime] = f"its answers differ: {deviation}"
        say(f"{runtime} is not used: {left_out[runtime]}")
        del opened[runtime]
    seconds = dict(zip(opened, time_in_turns(list(opened.values())), strict=True))
    fastest = min(seconds, key=lambda name: seconds[name])
    chosen = fastest if seconds[fastest] <= LEAST_GAIN * seconds[usual] else usual
    choice = RuntimeChoice(machine=describe_machine(threads), chosen=chosen, seconds=seconds, left_out=left_out)
    times = ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in seconds.items())
    say(f"{chosen} answers ({times} a picture)")
    if is_lasting:
        keep_choice(choice, cache, say)
    return replace(opened[chosen], choice=choice)


def _open_all(
    runtimes: Sequence[Runtime], open_by: Open, left_out: dict[Runtime, str], say: Say
) -> tuple[dict[Runtime, Predictor], bool]:
    """The model by each of them that opens it, and whether what does not would not the next time either."""
    opened: dict[Runtime, Predictor] = {}
    faults: dict[Runtime, UserError | OSError] = {}
    for runtime in (one for one in runtimes if one not in left_out):
        try:
            opened[runtime] = open_by(runtime)
        except (UserError, OSError) as error:
            if runtime == "torch":
                raise
            faults[runtime] = error
    if not opened:
        raise next(iter(faults.values()), UserError("; ".join(left_out.values())))
    for runtime, fault in faults.items():
        reason = first_line(fault)
        # What is not installed is missed by nobody, and what hinders both is said once.
        if not isinstance(fault.__cause__, ImportError) and reason not in left_out.values():
            say(f"{runtime} is not used: {reason}")
        left_out[runtime] = reason
    return opened, not any(isinstance(fault, OSError | CacheError) for fault in faults.values())


def _compare(opened: dict[Runtime, Predictor]) -> dict[Runtime, Deviation]:
    """Those that answer otherwise than the first, and by how much; in fewer bits, opening has compared each."""
    usual, *others = opened.items()
    if not others or getattr(usual[1].network, "has_fewer_bits", False):
        return {}
    side = int(others[0][1].pixels(draw_golden(64)[:1]).shape[-1])
    right = ask_golden(usual[1].network, usual[1].preprocess, side)
    found = {
        name: measure_deviation(ask_golden(other.network, other.preprocess, side), right) for name, other in others
    }
    return {name: deviation for name, deviation in found.items() if deviation.exceeds(TOLERANCE)}
