"""torch.compile where it pays, by measurement."""

from types import SimpleNamespace

from tests.training.loop.trainers import make_small, make_trainer, same
from vitrine.training.machine import compiling
from vitrine.training.machine.compiling import choose_network, decide_compiling


def test_compiling_is_used_only_where_it_pays(monkeypatch):
    now = 0.0
    monkeypatch.setattr(compiling, "time", SimpleNamespace(perf_counter=lambda: now))  # a busy machine's clock may err

    def wait(seconds):
        def step():
            nonlocal now
            now += seconds

        return step

    def fail():
        raise RuntimeError("no compiler")

    assert not decide_compiling(wait(0.01), fail, steps=100).compiled  # is not even tried
    assert decide_compiling(wait(0.01), wait(0.005), steps=100_000).compiled
    assert not decide_compiling(wait(0.01), wait(0.02), steps=100_000).compiled
    verdict = decide_compiling(wait(0.01), fail, steps=100_000)
    assert not verdict.compiled
    assert "fails here (RuntimeError)" in verdict.reason


def make_stepper(prepared, processes=1):
    """Whose `say` is noted; and its first batches."""
    trainer, said = make_trainer(prepared, model=make_small(prepared)), []
    trainer.stepper.say = said.append
    if processes > 1:
        trainer.stepper.accelerator = SimpleNamespace(num_processes=processes)
    trainer.batches.start(0)
    return trainer.stepper, iter(trainer.train_loader), said


def test_what_was_decided_before_an_interruption_stays(prepared):
    stepper, batches, said = make_stepper(prepared)
    assert choose_network(stepper, "auto", False, batches, 0, 10**6) == (stepper.model, False)
    network, compiled = choose_network(stepper, "auto", True, batches, 0, 1)
    assert compiled
    assert network is not stepper.model
    assert said == []


def test_several_processes_measure_nothing_and_say_what_would_compile(prepared):
    stepper, batches, said = make_stepper(prepared, processes=2)
    assert choose_network(stepper, "auto", None, batches, 0, 10**6) == (stepper.model, False)
    assert "engine.compile=on takes it" in said[0]


def test_measuring_leaves_weights_statistics_and_gradients_as_they_were(prepared):
    stepper, batches, said = make_stepper(prepared)
    before = {name: tensor.clone() for name, tensor in stepper.model.state_dict().items()}
    assert choose_network(stepper, "auto", None, batches, 0, steps=1) == (stepper.model, False)
    assert "could save 0 s at best" in said[0]
    assert same(before, stepper.model.state_dict())
    assert all(parameter.grad is None for parameter in stepper.model.parameters())
    assert stepper.network is stepper.model
