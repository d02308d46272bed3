import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator

from tests.factories import prepare, write_colored_classes
from tests.training.loop.test_trainer import make_trainer, run, same, weights_of
from vitrine.errors import UserError
from vitrine.models.backbones.stages import set_training_mode
from vitrine.models.small_cnn import SmallCnnConfig, SmallCnnForImageClassification
from vitrine.training.loop.budget import Budget, count_steps
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.pace import Pace
from vitrine.training.loop.validation import Validation
from vitrine.training.machine.compiling import decide_compiling
from vitrine.training.machine.memory import choose_batch_size, is_out_of_memory, memory_cap

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    return prepare(write_colored_classes(folder / "source"), folder / "prepared")


def make_small(prepared):
    torch.manual_seed(0)
    labels = dict(enumerate(prepared.label_names))
    return SmallCnnForImageClassification(SmallCnnConfig(filters=[8, 16], dropout=0.0, id2label=labels))


def frozen_statistics(model):
    model.eval()


def close(first, second):
    return all(torch.allclose(first[name], second[name], atol=1e-4) for name in first)


def test_accumulated_batches_are_one_large_batch(prepared, tmp_path):
    """Without batch norm's statistics of the batch, which are of each piece."""
    trainers = []
    for size, accumulate in ((16, 1), (4, 4)):
        methods = Methods(set_mode=frozen_statistics)
        trainer = make_trainer(
            prepared, model=make_small(prepared), methods=methods, batch_size=size, accumulate=accumulate
        )
        run(trainer, tmp_path / str(size))
        trainers.append(trainer)
    assert trainers[0].batches.steps == trainers[1].batches.steps
    assert close(weights_of(trainers[0]), weights_of(trainers[1]))


def test_out_of_memory_makes_smaller_micro_batches_of_the_same_batch(prepared, tmp_path):
    methods = Methods(set_mode=frozen_statistics)
    easy = make_trainer(prepared, model=make_small(prepared), methods=methods)
    run(easy, tmp_path / "easy")
    hard, said = make_trainer(prepared, model=make_small(prepared), methods=methods), []
    hard.stepper.say = said.append
    change = hard.stepper.methods.augment

    def refuse_large(pixels, indices, epoch):
        if len(indices) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return change(pixels, indices, epoch)

    hard.stepper.methods = replace(hard.stepper.methods, augment=refuse_large)
    run(hard, tmp_path / "hard")
    assert hard.position.micro_batches == 4
    assert len(said) == 2  # two micro-batches were not enough; the other steps ask no more
    assert "computed in 4 micro-batches of up to 4 pictures" in said[-1]
    assert close(weights_of(easy), weights_of(hard))


def test_out_of_memory_with_a_single_picture_is_one_message(prepared, tmp_path):
    trainer = make_trainer(prepared)

    def refuse(*_):
        raise MemoryError

    trainer.stepper.methods = Methods(augment=refuse)
    with pytest.raises(UserError, match=r"out of memory with a single picture\. Lower optim\.batch_size"):
        run(trainer, tmp_path)


def test_other_errors_are_not_taken_for_out_of_memory():
    assert is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_a_memory_cap_holds_and_ends(tmp_path):
    with memory_cap(4, CPU), pytest.raises(RuntimeError) as error:
        torch.ones(3 * 2**29)  # 6 GB
    assert is_out_of_memory(error.value)
    assert torch.ones(10).sum() == 10
    with pytest.raises(UserError, match=r"engine\.memory_gb: the program alone takes"), memory_cap(0.01, CPU):
        pass


def test_the_automatic_batch_follows_memory_and_number_of_pictures(prepared):
    model, accelerator = make_small(prepared), Accelerator(cpu=True)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def choose(pictures, memory_gb):
        return choose_batch_size(model, 32, pictures, CPU, memory_gb, accelerator.autocast)

    assert choose(10_000, None) == 64
    assert choose(300, None) == 32  # eight steps in an epoch at least
    assert choose(10_000, 1e-9) == 1
    assert same(before, model.state_dict())


def test_a_loss_that_explodes_later_keeps_the_best_weights(prepared, tmp_path):
    kept = []
    trainer = make_trainer(prepared, epochs=4, methods=Methods(keep_epoch=kept.append))
    good = trainer.stepper.methods.loss

    def explode(logits, targets):
        return good(logits, targets) * (float("nan") if trainer.position.epoch == 2 else 1.0)

    trainer.stepper.methods = replace(trainer.stepper.methods, loss=explode)
    with pytest.raises(UserError, match=r"epoch 3: the gradient is no longer a number.* of epoch \d, the best"):
        run(trainer, tmp_path)
    assert kept == [trainer.fit.best_epoch]
    assert same(weights_of(trainer), trainer.fit.best_weights)
    assert all(torch.isfinite(tensor).all() for tensor in weights_of(trainer).values())


@pytest.mark.parametrize(
    ("monitor", "best"), [("validation_accuracy", 1), ("validation_loss", 2), ("calibrated_loss", 3)]
)
def test_what_decides_can_be_chosen(prepared, tmp_path, monitor, best):
    trainer = make_trainer(prepared, epochs=50, patience=2, monitor=monitor)
    figures = iter([(0.5, 0.6, 0.4), (0.3, 0.6, 0.5), (0.4, 0.5, 0.3), (0.7, 0.4, 0.7), (0.6, 0.5, 0.6), (0, 1, 0)])
    trainer.validate = lambda: Validation(*next(figures))
    fit = run(trainer, tmp_path)
    assert (fit.best_epoch, len(fit.history), fit.stopped_early) == (best, best + 2, True)


def test_the_best_epochs_are_kept_and_others_go(prepared, tmp_path):
    kept = set()
    methods = Methods(keep_epoch=kept.add, drop_epoch=kept.discard)
    trainer = make_trainer(prepared, epochs=5, methods=methods, top=2)
    figures = iter([0.5, 0.4, 0.6, 0.1, 0.45])
    trainer.validate = lambda: Validation(0.0, 0.0, next(figures))
    run(trainer, tmp_path)
    assert kept == {2, 4}


class Average:
    """The weights of the first step, for ever."""

    def __init__(self, model):
        self.model = model
        self.kept = {}

    def weights(self):
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def update(self):
        self.kept = self.kept or self.weights()

    @contextmanager
    def applied(self):
        own = self.weights()
        self.model.load_state_dict(self.kept)
        yield
        self.model.load_state_dict(own)

    def state_dict(self):
        return self.kept

    def load_state_dict(self, state):
        self.kept = state


def test_an_average_of_the_weights_is_evaluated_and_kept(prepared, tmp_path):
    trainer = make_trainer(prepared, methods=Methods(average=Average))
    fit = run(trainer, tmp_path)
    assert len({record.validation_loss for record in fit.history}) == 1
    assert same(weights_of(trainer), trainer.stepper.average.kept)


def test_mixed_pictures_have_shares_of_labels(prepared, tmp_path):
    seen = []

    def mix(pixels, label_ids, indices, epoch):
        seen.append((epoch, len(indices)))
        return pixels, torch.nn.functional.one_hot(label_ids, 3).float()

    plain, mixed = (make_trainer(prepared, epochs=2, methods=Methods(mix=chosen)) for chosen in (None, mix))
    run(plain, tmp_path / "plain")
    run(mixed, tmp_path / "mixed")
    assert {epoch for epoch, _ in seen} == {0, 1}
    assert mixed.fit.history[-1].train_loss == pytest.approx(plain.fit.history[-1].train_loss, abs=1e-3)


def test_parts_without_trainable_weights_are_not_in_training_mode(prepared):
    model = make_small(prepared)
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)
    set_training_mode(model)
    assert model.classifier.training
    assert not any(m.training for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_unfreezing_starts_at_its_epoch_also_after_a_resume(prepared, tmp_path):
    def build(stop_after=None):
        model = make_small(prepared)
        model.requires_grad_(False)
        model.classifier.requires_grad_(True)

        def unfreeze(epoch):
            model.requires_grad_(epoch > 0)
            model.classifier.requires_grad_(True)

        model.requires_grad_(True)  # the optimiser has to know them all
        return make_trainer(prepared, epochs=3, model=model, methods=Methods(on_epoch_start=unfreeze))

    class CutError(Exception):
        pass

    def cut(record):
        if record.epoch == 3:
            raise CutError

    whole = build()
    first = whole.plain_model.state_dict()["classifier.weight"].clone()
    run(whole, tmp_path / "whole")
    assert not torch.equal(whole.plain_model.state_dict()["classifier.weight"], first)
    with pytest.raises(CutError):
        run(build(), tmp_path / "halted", on_epoch=cut)
    resumed = build()
    run(resumed, tmp_path / "halted")
    assert same(weights_of(whole), weights_of(resumed))


@pytest.mark.parametrize(
    ("seconds", "steps"),
    [(0.5, 0), (2, 1), (6, 5), (11, 10), (12, 10), (22, 20), (28, 25), (33, 30)],
)
def test_a_budget_counts_each_epochs_validation(seconds, steps):
    """Ten steps of a second in an epoch, and a second for each validation."""
    assert count_steps(seconds, 1.0, 1.0, 10, 0) == steps


@pytest.mark.slow  # it looks at the clock: a machine with other work may miss it
def test_a_budget_ends_in_time_with_the_learning_rate_at_zero(prepared, tmp_path):
    def slow(pixels, indices, epoch):
        time.sleep(0.05)
        return pixels.float()

    trainer, said = make_trainer(prepared, epochs=500), []
    trainer.stepper.methods = Methods(augment=slow)
    trainer.say = said.append
    start = time.monotonic()
    budget = Budget(6.0, start, 9, 9)
    trainer.pace = Pace(trainer.accelerator, budget, trainer.position.total_steps, trainer.batches)
    fit = run(trainer, tmp_path)
    assert time.monotonic() - start < 6.0
    assert "time budget" in said[0]
    assert 3 < len(fit.history) < 100
    assert not fit.out_of_time or fit.history[-1].learning_rate < 1e-3
    assert fit.history[-1].learning_rate < 0.1 * max(record.learning_rate for record in fit.history)


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


def test_the_wait_for_the_loader_is_measured(prepared, tmp_path):
    trainer = make_trainer(prepared, epochs=1)
    whole = trainer.train_loader

    class Slow:
        def __iter__(self):
            for batch in whole:
                time.sleep(0.2)
                yield batch

    def waited(fit):  # in seconds: a share would depend on how busy the machine is
        record = fit.history[0]
        return record.data_wait_share * len(prepared.splits["train"]) / record.images_per_second

    slept = 0.2 * trainer.batches.steps
    assert waited(run(make_trainer(prepared, epochs=1), tmp_path / "fast")) < slept
    trainer.train_loader = Slow()
    assert waited(run(trainer, tmp_path / "slow")) >= slept
