"""A head on features that are computed once: the same head as the slow way, and a backbone that nothing touched."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tests.factories import IMAGENET, make_recipe, prepare, write_colored_classes, write_tiny_resnet
from vitrine.config.data import PreparationSection
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn, head_modules
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.models.backbones.stages import set_trainable
from vitrine.records import folder as run_folder
from vitrine.training.head import features as cached_features
from vitrine.training.head import fit as cached_head
from vitrine.training.head import trainer as head_only
from vitrine.training.head.features import HeadInputs, ViewOptions, compute_head_inputs, fits_in_memory
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features
from vitrine.training.loop.progress import Listeners
from vitrine.training.optim.optimizer import build_optimizer, build_schedule
from vitrine.training.run import run_training

LABELS = ("blau é", "red", "vert <b>")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("head")
    return prepare(write_colored_classes(folder / "source"), folder / "prepared" / "colours")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_tiny_resnet(tmp_path_factory.mktemp("head") / "checkpoint")


@pytest.fixture
def train(prepared, checkpoint, tmp_path):
    """A function that trains a head with some overrides: (metrics, history, weights of the saved model)."""

    def call(name, *overrides, **callbacks):
        folder = tmp_path / name
        folder.mkdir()
        overrides = [f"model.backbone={checkpoint}", "model.trainable_part=head", *overrides]
        metrics = run_training(make_recipe(prepared, "optim.learning_rate=0.02", *overrides), folder, **callbacks)
        history = pd.read_csv(folder / run_folder.HISTORY)
        model, _ = build_backbone(str(folder / run_folder.MODEL), prepared.label_names)
        return metrics, history, model.state_dict()

    return call


def build(checkpoint, seed=0):
    torch.manual_seed(seed)
    model, _ = build_backbone(str(checkpoint), LABELS)
    set_trainable(model, "head")
    return model


def plain(pixels, view, rows):
    return pixels


def fit(model, inputs, epochs=3, learning_rate=0.02, patience=100, **arguments):
    optimizer = build_optimizer(model, "adamw", learning_rate, 0.01, 0.9)
    schedule = build_schedule(optimizer, 1000, 0.0)
    options = HeadOptions(epochs, 0, 16, 1.0, patience, 0.0)
    return fit_head_on_features(model, inputs, optimizer, schedule, options, **arguments)


def random_inputs(width=16, pictures=40, views=1):
    generator = np.random.default_rng(0)
    label_ids = np.arange(pictures) % 3
    centers = 2 * generator.standard_normal((3, width))
    vectors = (centers[label_ids] + generator.standard_normal((views, pictures, width))).astype(np.float32)
    return HeadInputs(vectors, label_ids, vectors[0], label_ids, vectors[0])


@pytest.mark.parametrize(
    "overrides",
    [
        ("augmentation.policy=none", "augmentation.horizontal_flip=off"),
        ("augmentation.policy=standard", "model.feature_views=4"),  # a view for each epoch
        ("augmentation.policy=none", "augmentation.horizontal_flip=off", "optim.label_smoothing=0.2", "optim.name=sgd"),
    ],
)
def test_cached_features_give_the_head_that_the_slow_way_gives(train, overrides):
    slow_overrides = [override for override in overrides if "feature_views" not in override]
    slow, slow_history, slow_weights = train("slow", "optim.epochs=4", "model.cache_features=off", *slow_overrides)
    fast, fast_history, fast_weights = train("fast", "optim.epochs=4", "model.cache_features=on", *overrides)
    assert slow.training.feature_views == 0
    assert fast.training.feature_views >= 1
    columns = ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate"]
    np.testing.assert_allclose(fast_history[columns], slow_history[columns], rtol=1e-3, atol=1e-4)
    assert fast_history["validation_loss"].iloc[-1] < 0.9 * fast_history["validation_loss"].iloc[0]
    for name, tensor in slow_weights.items():
        # As trained: each is divided by a temperature, which the fast way fits on more pictures.
        shares = [run.calibration.temperature if "classifier" in name else 1.0 for run in (fast, slow)]
        torch.testing.assert_close(fast_weights[name] * shares[0], tensor * shares[1], rtol=1e-3, atol=1e-4)
    assert fast.test.accuracy == slow.test.accuracy


def test_without_views_training_pictures_are_taken_as_they_are(train):
    plain_run = train("plain", "augmentation.policy=none", "augmentation.horizontal_flip=off")[1]
    light = train("light", "augmentation.policy=light")[1]
    views = train("views", "augmentation.policy=light", "model.feature_views=2")[1]
    assert list(plain_run["train_loss"]) == list(light["train_loss"])
    assert list(plain_run["train_loss"]) != list(views["train_loss"])


def test_the_backbone_stays_as_it_was_bit_for_bit(train, checkpoint):
    weights = train("run")[2]
    before = {name: tensor for name, tensor in build(checkpoint).state_dict().items() if "classifier" not in name}
    assert len(before) > 10
    assert all(torch.equal(weights[name], tensor) for name, tensor in before.items())


def test_logits_from_features_are_those_from_pictures(prepared, checkpoint):
    model = build(checkpoint)
    options = ViewOptions(1, plain, {})
    inputs = compute_head_inputs(model, IMAGENET, prepared.splits[TRAIN], prepared.splits[VALIDATION], options)
    pixels = torch.stack(
        [torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in prepared.splits[VALIDATION]["image"]]
    )
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    with torch.no_grad():
        logits = model.eval()((pixels / 255 - mean) / std).logits
        answers = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation))
    torch.testing.assert_close(answers, logits, rtol=1e-5, atol=1e-5)
    assert list(inputs.train_label_ids) == list(prepared.splits[TRAIN]["label"])


def test_whitened_pictures_have_features_of_whitened_pictures(tmp_path, checkpoint):
    source = write_colored_classes(tmp_path / "source", per_class=10)
    whitened = prepare(source, tmp_path / "whitened", preparation=PreparationSection(steps=("whiten",)))
    accuracies = []
    for cache in ("on", "off"):
        (tmp_path / cache).mkdir()
        recipe = make_recipe(
            whitened,
            f"model.backbone={checkpoint}",
            "model.trainable_part=head",
            f"model.cache_features={cache}",
            "preparation.steps=[whiten]",
            "augmentation.policy=none",
            "augmentation.horizontal_flip=off",
        )
        accuracies.append(run_training(recipe, tmp_path / cache).validation.loss)
    assert accuracies[0] == pytest.approx(accuracies[1], abs=1e-4)


def test_dropout_in_front_of_the_head_is_active_in_training_only():
    model = build_small_cnn(LABELS, (8, 16), 1, dropout=0.5)
    set_trainable(model, "head")
    seen = []
    model.classifier.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0])))
    fit(model, random_inputs(), epochs=1)
    for training, vectors in seen:
        share = (vectors == 0).float().mean().item()
        assert 0.35 < share < 0.65 if training else share == 0
    assert {training for training, _ in seen} == {True, False}


def test_the_best_epoch_is_restored_and_patience_ends_the_training(checkpoint):
    model, inputs = build(checkpoint), random_inputs()
    inputs = replace(inputs, validation_label_ids=(inputs.train_label_ids + 1) % 3)  # learning makes it worse
    found = fit(model, inputs, epochs=50, patience=3)
    assert found.stopped_early
    assert len(found.history) == found.best_epoch + 3
    assert found.best.calibrated_loss == min(record.calibrated_loss for record in found.history)
    with torch.no_grad():
        logits = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(inputs.validation_label_ids))
    assert loss.item() == pytest.approx(found.best.validation_loss, abs=1e-6)
    assert all(torch.equal(found.best_weights[name], tensor) for name, tensor in model.state_dict().items())


def test_views_take_turns(checkpoint):
    model = build(checkpoint)
    inputs = random_inputs(views=3)
    seen = []
    head_modules(model)[0].register_forward_pre_hook(lambda module, given: seen.append(given[0][0, 0].item()))
    fit(model, replace(inputs, validation=inputs.validation[:1], validation_label_ids=np.zeros(1, np.int64)), epochs=5)
    views = [{float(value) for value in view[:, 0]} for view in inputs.train]
    trained = seen[0::4]  # first of three steps, and one validation, in each epoch
    assert [[value in view for view in views].index(True) for value in trained] == [0, 1, 2, 0, 1]


def test_a_loss_that_explodes_is_one_clear_message(checkpoint):
    inputs = random_inputs()
    inputs.train[0, 3, 2] = np.nan
    with pytest.raises(UserError, match=r"Lower optim\.learning_rate"):
        fit(build(checkpoint), inputs)


@pytest.mark.parametrize(("worth", "threads"), [(10**9, 1), (1, 2)])
def test_small_steps_take_one_thread_and_give_the_others_back(checkpoint, monkeypatch, worth, threads):
    monkeypatch.setattr(head_only, "WORTH_THREADS", worth)
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        fit(build(checkpoint), random_inputs(), epochs=1, on_epoch=lambda _: seen.append(torch.get_num_threads()))
        assert seen == [threads]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_another_loss_is_used_as_it_is_given(checkpoint):
    seen = []

    def loss(logits, label_ids):
        seen.append(logits.shape)
        return nn.functional.cross_entropy(logits, label_ids)

    fit(build(checkpoint), random_inputs(), epochs=1, loss=loss)
    assert [tuple(shape) for shape in seen] == [(14, 3), (14, 3), (12, 3)]


def test_a_resumed_run_reads_its_features_and_ends_with_the_same_numbers(train, prepared, checkpoint, tmp_path):
    whole = train("whole", "optim.epochs=3")

    class PowerCutError(Exception):
        pass

    def cut(record):
        raise PowerCutError

    folder = tmp_path / "halted"
    folder.mkdir()
    overrides = [f"model.backbone={checkpoint}", "model.trainable_part=head", "optim.learning_rate=0.02"]
    recipe = make_recipe(prepared, *overrides, "optim.epochs=3")
    with pytest.raises(PowerCutError):
        run_training(recipe, folder, Listeners(on_epoch=cut))
    counted = []
    resumed = run_training(recipe, folder, Listeners(on_features=lambda *done: counted.append(done)))
    assert counted == []
    assert resumed.test == whole[0].test
    assert resumed.validation == whole[0].validation


@pytest.mark.parametrize("change", ["weights", "pictures", "views", "precision"])
def test_stored_features_of_anything_else_are_computed_again(prepared, checkpoint, tmp_path, change):
    def compute(model, train, options):
        counted = []
        validation = prepared.splits[VALIDATION]
        compute_head_inputs(
            model, IMAGENET, train, validation, options, tmp_path / "store", lambda *done: counted.append(done)
        )
        return bool(counted)

    model, rows, options = build(checkpoint), prepared.splits[TRAIN], ViewOptions(1, plain, {})
    assert compute(model, rows, options)
    assert not compute(model, rows, options)
    if change == "weights":
        next(model.parameters()).data.mul_(1.01)
    elif change == "pictures":
        rows = rows.select(range(20))
    elif change == "views":
        options = replace(options, count=2)
    else:
        options = replace(options, precision="bf16")
    assert compute(model, rows, options)


def test_progress_counts_every_look_at_a_picture(prepared, checkpoint, monkeypatch):
    monkeypatch.setattr(cached_features, "BATCH_SIZE", 20)
    counted = []
    rows = prepared.splits[TRAIN]
    compute_head_inputs(
        build(checkpoint), IMAGENET, rows, prepared.splits[VALIDATION], ViewOptions(2, plain, {}), None,
        lambda *done: counted.append(done),
    )  # fmt: skip
    total = 3 * len(rows) + len(prepared.splits[VALIDATION])  # two views, and once as it is
    assert counted[-1] == (total, total)
    assert [done for done, _ in counted] == sorted({done for done, _ in counted})


def test_a_head_that_needs_the_map_is_not_cached(checkpoint):
    model = build(checkpoint)
    assert measure_head_input(model, 32) == 16
    model.resnet.pooler = nn.Identity()
    model.classifier = nn.Sequential(nn.Conv2d(16, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert measure_head_input(model, 32) is None


def test_where_features_cannot_be_kept_auto_takes_the_slow_way_and_on_says_why(train, monkeypatch):
    monkeypatch.setattr(cached_head, "measure_head_input", lambda *_: None)
    assert train("auto", "optim.epochs=1")[0].training.feature_views == 0
    with pytest.raises(UserError, match=r"model\.cache_features: the head of this network"):
        train("on", "model.cache_features=on")


def test_features_beyond_the_memory_are_not_kept():
    assert fits_in_memory(2048, 1, 100_000, 10_000)
    assert not fits_in_memory(2048, 10, 100_000, 10_000)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.cache_features=on", "model.backbone=x"], "needs a backbone that stays as it is"),
        (["model.feature_views=3", "model.backbone=x"], "feature_views is for cached features"),
        (
            ["model.feature_views=3", "model.cache_features=off", "model.trainable_part=head", "model.backbone=x"],
            "feature_views is for cached features",
        ),
    ],
)
def test_a_recipe_that_cannot_cache_is_refused(prepared, overrides, message):
    with pytest.raises(UserError, match=message):
        make_recipe(prepared, *overrides)
