"""What travels in checkpoints and decides between epochs."""

import math

import pytest
import torch

from vitrine.training.loop.progress import EpochRecord, Fit, Position, copy_weights, mean_of


def record(epoch, loss, accuracy=0.5):
    return EpochRecord(epoch, 1.0, 0.5, loss, accuracy, loss, 0.01, 100.0, 1.0)


def fit_of(losses, patience=10, min_delta=0.0, **options):
    fit = Fit(**options)
    better = [fit.add(record(number, loss), patience, min_delta) for number, loss in enumerate(losses, start=1)]
    return fit, better


def test_the_best_epoch_is_the_one_with_the_lowest_loss_and_of_equal_ones_the_earlier():
    fit, better = fit_of([0.5, 0.3, 0.4, 0.3])
    assert better == [True, True, False, False]
    assert (fit.best_epoch, fit.best.calibrated_loss) == (2, 0.3)
    assert fit.best_epochs(3) == [2, 4, 3]


def test_a_gain_below_the_smallest_that_counts_is_none_and_patience_runs_out():
    fit, better = fit_of([0.50, 0.49, 0.48], patience=2, min_delta=0.05)
    assert better == [True, False, False]
    assert (fit.best_epoch, fit.stopped_early) == (1, True)


def test_where_nothing_may_choose_the_last_epoch_is_the_best_and_patience_never_runs_out():
    fit, better = fit_of([0.3, 0.4, 0.5], patience=1, monitor="last_epoch")
    assert better == [True, True, True]
    assert (fit.best_epoch, fit.stopped_early, fit.best_epochs(2)) == (3, False, [3, 2])


def test_of_accuracies_the_highest_is_the_best():
    fit = Fit("validation_accuracy")
    for number, accuracy in enumerate((0.6, 0.9, 0.7), start=1):
        fit.add(record(number, 1.0, accuracy), 10, 0.0)
    assert fit.best_epochs(2) == [2, 3]
    assert fit.score(fit.best) == -0.9


def test_what_the_epochs_gave_is_the_same_after_a_checkpoint():
    fit, _ = fit_of([0.5, 0.3], patience=1)
    fit.best_weights, fit.out_of_time = {"w": torch.ones(2)}, True
    read = Fit()
    read.load_state_dict(fit.state_dict())
    assert (read.history, read.best_epoch, read.stopped_early, read.out_of_time) == (fit.history, 2, False, True)
    assert torch.equal(read.best_weights["w"], torch.ones(2))


def test_a_position_by_its_older_name_is_read():
    assert Position.restore({"epoch": 2, "pieces": 4}) == Position(epoch=2, micro_batches=4)


def test_a_position_with_a_field_that_nobody_knows_is_refused():
    with pytest.raises(TypeError, match="unheard_of"):
        Position.restore({"unheard_of": 1})


def test_the_next_epoch_starts_with_empty_sums_and_keeps_what_is_of_the_whole_training():
    position = Position(epoch=1, step=7, sums=[3.0, 2.0, 4.0], seconds=9.0, waited=1.0, micro_batches=2, total_steps=50)
    position.next_epoch()
    assert position == Position(epoch=2, micro_batches=2, total_steps=50)


def test_a_mean_is_over_the_pictures_and_of_none_it_is_no_number():
    assert [mean_of([3.0, 2.0, 4.0], number) for number in (0, 1)] == [0.75, 0.5]
    assert math.isnan(mean_of([0.0, 0.0, 0.0], 0))


def test_copied_weights_stay_when_the_network_goes_on():
    layer = torch.nn.Linear(2, 1)
    copied = copy_weights(layer)
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.add_(1.0)
    assert torch.equal(copied["weight"], before)
    assert not copied["weight"].requires_grad
