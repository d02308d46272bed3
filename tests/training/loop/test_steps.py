"""A step: the same update in pieces of any size, and one message where it cannot be taken."""

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from tests.training.loop.trainers import close, frozen_statistics, make_small, make_trainer, run, same, weights_of
from vitrine.errors import UserError
from vitrine.models.backbones.normalization import Normalization
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.steps import DivergedError, Normalizer, prefetch

CPU = torch.device("cpu")


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

    def refuse_large(pixels, indices, epoch, epochs):
        if len(indices) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return change(pixels, indices, epoch, epochs)

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


def test_pixels_are_brought_to_the_range_of_the_network():
    normalize = Normalizer(Normalization((0.5, 0.0, 0.2), (0.5, 1.0, 0.1)), False, torch.channels_last, CPU)
    pixels = torch.full((2, 3, 4, 4), 255.0)
    found = normalize(pixels)
    assert found[0, :, 0, 0].tolist() == pytest.approx([1.0, 1.0, 8.0])
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_whitened_pictures_have_mean_0_and_deviation_1_whatever_the_network_expects():
    normalize = Normalizer(Normalization((0.5, 0.0, 0.2), (0.5, 1.0, 0.1)), True, torch.contiguous_format, CPU)
    found = normalize(255 * torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert found.mean(dim=(1, 2, 3)).tolist() == pytest.approx([0, 0], abs=1e-5)
    assert found.std(dim=(1, 2, 3), correction=0).tolist() == pytest.approx([1, 1], abs=1e-4)


def test_batches_pass_a_processor_as_they_are():
    batches = [{"pixels": torch.zeros(1), "label_id": torch.zeros(1), "index": torch.zeros(1)}] * 3
    assert all(passed is given for passed, given in zip(prefetch(batches, CPU), batches, strict=True))


def test_out_of_memory_beside_other_processes_asks_for_a_smaller_batch(prepared):
    stepper = make_trainer(prepared).stepper
    stepper.accelerator = SimpleNamespace(num_processes=2)
    with pytest.raises(UserError, match=r"out of memory with 8 pictures on a device\. Lower optim\.batch_size"):
        stepper._check_smaller_is_possible(count=16, micro_batches=2)


def test_a_gradient_that_is_no_number_changes_no_weight(prepared):
    trainer = make_trainer(prepared, methods=Methods(loss=lambda logits, _: logits.sum() * float("nan")))
    before = weights_of(trainer)
    trainer.batches.start(0)
    batch = next(iter(trainer.train_loader))
    with pytest.raises(DivergedError, match="the gradient is no longer a number"):
        trainer.stepper.take(batch, 0, 0, size=len(batch["label_id"]), micro_batches=1)
    assert all(
        torch.equal(trainer.model.get_parameter(name), before[name]) for name, _ in trainer.model.named_parameters()
    )
