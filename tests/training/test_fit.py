"""From a plan to a trained network; what the loop does is in tests/training/loop."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from datasets import DatasetDict
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.data.sources.stores import counting, refusing
from tests.factories import make_recipe
from vitrine.config.loading import load_recipe
from vitrine.data.prepared.dataset import open_prepared, open_streamed
from vitrine.data.prepared.training_files import list_training_files
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError
from vitrine.records import folder as run_folder
from vitrine.training.fit import build_model, fit_network
from vitrine.training.head.features import FEATURES, SECONDS, seconds_taken
from vitrine.training.loop.pace import Pace
from vitrine.training.loop.progress import Listeners
from vitrine.training.loop.steps import Stepper
from vitrine.training.plan import plan_training


@pytest.fixture
def fit(prepared, tmp_path):
    """A function that trains with some overrides, in a folder of its own."""

    def call(*overrides, listeners=Listeners(), name="run", data=prepared):  # noqa: B008 (frozen)
        (tmp_path / name).mkdir(exist_ok=True)
        plan = plan_training(make_recipe(prepared, "optim.epochs=1", *overrides), data)
        return fit_network(plan, data, tmp_path / name, listeners, time.monotonic())

    return call


def weights_of(fitted):
    return torch.cat([parameter.detach().flatten() for parameter in fitted.model.parameters()])


def test_a_plain_network_that_flattens_is_trained_for_the_size_of_the_pictures(fit):
    shape = [
        "block=plain",
        "padding=valid",
        "pooling=max",
        "head_pool=flatten",
        "dense_units=[8]",
        "activation=leaky_relu",
    ]
    fitted = fit(*(f"model.small_cnn.{choice}" for choice in shape))
    features = 16 * 13 * 13  # 32 pixels, less 2, halved, less 2
    parameters = [3 * 9 * 8 + 2 * 8, 8 * 9 * 16 + 2 * 16, features * 8 + 8, 8 * 3 + 3]
    assert fitted.facts["parameters"] == sum(parameters)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_every_optimizer_learns_with_label_smoothing(fit, optimizer):
    fitted = fit(f"optim.name={optimizer}", "optim.epochs=4", "optim.label_smoothing=0.1", "optim.learning_rate=0.01")
    assert fitted.fit.history[-1].train_loss < fitted.fit.history[0].train_loss


@pytest.mark.parametrize(("part", "trainable"), [("head", 16 * 3 + 3), ("all", None)])
def test_a_pretrained_backbone_trains_frozen_and_free(fit, checkpoint, part, trainable):
    facts = fit(f"model.backbone={checkpoint}", f"model.trainable_part={part}").facts
    assert facts["trainable_parameters"] == (trainable or facts["parameters"])


def test_the_test_split_need_not_be_there(fit, prepared):
    seen = DatasetDict({split: prepared.splits[split] for split in ("train", "validation")})
    assert fit(data=replace(prepared, splits=seen)).facts["pictures"] == len(seen["train"])


def test_listeners_are_told_the_facts_first_then_steps_and_epochs_and_the_recipe_is_stored(fit, prepared, tmp_path):
    told = []
    listeners = Listeners(
        on_start=lambda facts: told.append(("start", facts["epochs_planned"])),
        on_step=lambda report: told.append(("step", report.step)),
        on_epoch=lambda record: told.append(("epoch", record.epoch)),
    )
    fitted = fit("optim.batch_size=21", listeners=listeners)
    assert told == [("start", 1), ("step", 1), ("step", 2), ("epoch", 1)]
    assert load_recipe(tmp_path / "run" / run_folder.RECIPE) == make_recipe(
        prepared, "optim.epochs=1", "optim.batch_size=21"
    )
    assert {"batch_size", "seconds", "epochs", "stopped_early", "images_per_second"} <= fitted.facts.keys()
    assert (fitted.facts["batch_size"], fitted.facts["epochs"]) == (21, 1)


def test_features_of_a_frozen_backbone_are_kept_for_what_comes_after(fit, checkpoint):
    arguments = [f"model.backbone={checkpoint}", "model.trainable_part=head"]
    assert fit(*arguments).head.inputs.validation.shape[1] == 16
    assert fit(*arguments, "model.cache_features=off", name="slow").head is None


def test_equal_seeds_build_equal_networks(prepared):
    def weights(seed):
        model, _ = build_model(plan_training(make_recipe(prepared), prepared).model, prepared.label_names, seed)
        return torch.cat([parameter.flatten() for parameter in model.parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_pictures_that_are_too_small_for_the_network_are_one_message(prepared):
    deep = "model.small_cnn.filters=[8, 8, 8]"  # 32 pixels: 30, 15, 13, 6, 4, 2; of 16 the third has nothing left
    shape = (deep, *(f"model.small_cnn.{choice}" for choice in ("block=plain", "padding=valid", "pooling=max")))
    plan = plan_training(make_recipe(prepared, *shape, "augmentation.image_size=16"), prepared).model
    with pytest.raises(UserError, match=r"augmentation\.image_size: 16 is not a size that small_cnn can take"):
        build_model(plan, prepared.label_names, 0)


def test_tensorboard_has_the_network_beside_the_curves(fit, tmp_path):
    fit("engine.tracker=tensorboard", "model.small_cnn.block=plain")
    events = EventAccumulator(str(next((tmp_path / "run/tensorboard").rglob("*tfevents*")).parent)).Reload()
    nodes = {node.name: node for node in events.Graph().node}
    first, second = nodes["backbone/0/0"], nodes["backbone/0/1"]
    assert (first.op, list(first.input), list(second.input)) == ("Conv2d", ["picture"], ["backbone/0/0"])
    assert [size.size for size in nodes["classifier"].attr["_output_shapes"].list.shape[0].dim] == [-1, 3]


@pytest.mark.parametrize(
    ("planned", "sides", "frozen"),
    [
        (6, [16, 16, 16, 32, 32, 32], [True, True, True, False, False, False]),  # two epochs in place of ten
        (4, [16, 16, 32, 32], [True, True, False, False]),  # little more than one, which is the last
    ],
)
def test_a_plan_that_becomes_shorter_ends_with_whole_pictures_and_the_whole_network(
    fit, checkpoint, monkeypatch, planned, sides, frozen
):
    monkeypatch.setattr(Pace, "plan", lambda _, done, __: planned if done == 2 else None)
    seen, own = [], Stepper.forward

    def watch(stepper, batch, epoch):
        backbone_is_frozen = not next(stepper.model.parameters()).requires_grad
        hook = stepper.model.register_forward_pre_hook(
            lambda _, __, given: seen.append((given["pixel_values"].shape[-1], backbone_is_frozen)), with_kwargs=True
        )
        found = own(stepper, batch, epoch)
        hook.remove()
        return found

    class PowerCutError(Exception):
        pass

    def cut(report):
        if report.step == 3:
            raise PowerCutError

    monkeypatch.setattr(Stepper, "forward", watch)
    recipe = [f"model.backbone={checkpoint}", "optim.epochs=10", "model.frozen_epochs=5"]
    recipe += ["augmentation.first_image_size=16", "engine.checkpoint_minutes=0"]
    fit(*recipe)
    assert seen == list(zip(sides, frozen, strict=True))
    with pytest.raises(PowerCutError):
        fit(*recipe, name="halted", listeners=Listeners(on_step=cut))
    seen.clear()
    fit(*recipe, name="halted")  # takes up the second step's checkpoint
    assert seen == list(zip(sides, frozen, strict=True))[2:]


def test_a_training_whose_head_was_fitted_first_goes_on_just_as_if_it_had_not_been_interrupted(fit, checkpoint):
    class PowerCutError(Exception):
        pass

    def cut(report):
        if report.step == 2:
            raise PowerCutError

    recipe = [f"model.backbone={checkpoint}", "optim.epochs=2", "engine.checkpoint_minutes=0"]
    whole = fit(*recipe)
    with pytest.raises(PowerCutError):
        fit(*recipe, name="halted", listeners=Listeners(on_step=cut))
    steps = []
    rest = fit(*recipe, name="halted", listeners=Listeners(on_step=lambda report: steps.append(report.step)))
    assert steps[0] == 2
    assert torch.equal(weights_of(rest), weights_of(whole))
    assert rest.facts["head_first_accuracy"] == whole.facts["head_first_accuracy"]


@pytest.mark.parametrize("reading", ["mixed", "shards"])
def test_a_data_set_in_a_store_trains_just_what_its_folder_does_and_goes_on_where_there_is_no_copy(
    fit, prepared, put_in_store, tmp_path, reading
):
    class PowerCutError(Exception):
        pass

    def cut(report):
        if report.step == 3:
            raise PowerCutError

    recipe = [f"engine.reading={reading}", "engine.checkpoint_minutes=0"]
    expected = weights_of(fit(*recipe))
    address = Path(put_in_store(prepared.folder))
    assert torch.equal(weights_of(fit(*recipe, name="store", data=open_prepared(address))), expected)
    with pytest.raises(PowerCutError):
        fit(*recipe, name="halted", data=open_prepared(address), listeners=Listeners(on_step=cut))
    shutil.rmtree(tmp_path / "cache")  # as another machine, or the same one at another time
    steps = []
    listeners = Listeners(on_step=lambda report: steps.append(report.step))
    assert torch.equal(
        weights_of(fit(*recipe, name="halted", data=open_prepared(address), listeners=listeners)), expected
    )
    assert steps[0] == 3


def test_pictures_that_are_streamed_train_just_what_their_folder_does_and_go_on_within_an_epoch(
    fit, in_many_files, put_in_store, monkeypatch
):
    recipe = ["engine.reading=streamed", "optim.epochs=2", "optim.batch_size=4"]
    expected = fit(*recipe, data=open_streamed(in_many_files.folder))
    address = Path(put_in_store(in_many_files.folder))
    said = []
    with counting(monkeypatch) as fetched:
        streamed = fit(*recipe, name="store", data=open_streamed(address), listeners=Listeners(say=said.append))
    assert torch.equal(weights_of(streamed), weights_of(expected))
    assert any("files of training pictures" in sentence for sentence in said)
    last = list_training_files(in_many_files.facts)[-1]
    assert fetched.count(last) == 2  # in each epoch

    steps = []
    with refusing(monkeypatch, only=last), pytest.raises(SourceLostError) as failed:
        fit(*recipe, name="halted", data=open_streamed(address), listeners=Listeners(on_step=steps.append))
    assert str(failed.value).endswith("renew them; then go on with the training")
    rest = fit(*recipe, name="halted", data=open_streamed(address), listeners=Listeners(on_step=steps.append))
    assert torch.equal(weights_of(rest), weights_of(expected))
    places = [(step.epoch, step.step) for step in steps]
    assert places == sorted(set(places))  # none is missing, none is taken twice
    assert len(places) == steps[0].total_steps


@pytest.mark.parametrize("part", ["all", "head"])
def test_the_time_before_an_interruption_counts(fit, checkpoint, monkeypatch, tmp_path, part):
    class PowerCutError(Exception):
        pass

    def cut(record):
        if part == "head" or record.epoch == 2:
            raise PowerCutError

    recipe = [f"model.backbone={checkpoint}", f"model.trainable_part={part}", "optim.epochs=2"]
    with monkeypatch.context() as patched:
        patched.setattr(Pace, "used", lambda _: 1000.0)
        with pytest.raises(PowerCutError):
            fit(*recipe, listeners=Listeners(on_epoch=cut))
    features = tmp_path / "run" / run_folder.CHECKPOINT / FEATURES
    if part == "head":
        assert 0 < seconds_taken(features) < 100
        (features / SECONDS).write_text('{"train": 900.0, "validation": 100.0}')
        (tmp_path / "lent").symlink_to(features)
        assert seconds_taken(tmp_path / "lent") == 0
    facts = fit(*recipe).facts
    assert 1000 < facts["seconds"] < 1100
    if part == "head":
        assert (facts["feature_seconds"], facts["validation_feature_seconds"]) == (900, 100)


@pytest.mark.parametrize("name", ["image_size", "first_image_size"])
def test_sizes_that_mean_nothing_to_features_computed_once_are_named(fit, checkpoint, name):
    said = []
    head = [f"model.backbone={checkpoint}", "model.trainable_part=head"]
    fit(*head, listeners=Listeners(say=said.append), name="plain")
    assert said == []
    fit(*head, f"augmentation.{name}=16", listeners=Listeners(say=said.append))
    (line,) = said
    assert line.startswith("augmentation.image_size and augmentation.first_image_size: not used; features")
    fit(*head, f"augmentation.{name}=16", "model.cache_features=off", listeners=Listeners(say=said.append), name="slow")
    assert len(said) == 1
