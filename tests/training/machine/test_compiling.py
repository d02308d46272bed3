"""torch.compile where it pays, by measurement."""

import time

from vitrine.training.machine.compiling import decide_compiling


def test_compiling_is_used_only_where_it_pays():
    def wait(seconds):
        return lambda: time.sleep(seconds)

    def fail():
        raise RuntimeError("no compiler")

    assert not decide_compiling(wait(0.01), fail, steps=100).compiled  # is not even tried
    assert decide_compiling(wait(0.01), wait(0.005), steps=100_000).compiled
    assert not decide_compiling(wait(0.01), wait(0.02), steps=100_000).compiled
    verdict = decide_compiling(wait(0.01), fail, steps=100_000)
    assert not verdict.compiled
    assert "fails here (RuntimeError)" in verdict.reason
