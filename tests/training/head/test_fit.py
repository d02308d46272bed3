"""A head on features that are computed once is the head of the slow way, and a backbone that nothing touched."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.factories import make_recipe, prepare, write_colored_classes
from tests.training.head.heads import build_head
from vitrine.config.data import PreparationSection
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.models.folder import load_model
from vitrine.records import folder as run_folder
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.training.head import features
from vitrine.training.head import fit as cached_head
from vitrine.training.loop.progress import Listeners
from vitrine.training.run import run_training


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(("augmentation.policy=none", "augmentation.horizontal_flip=off"), marks=pytest.mark.slow),
        ("augmentation.policy=standard", "model.feature_views=4"),  # a view for each epoch
        # Of a size that leaves steps of unequal size.
        (
            *("augmentation.policy=none", "augmentation.horizontal_flip=off", "optim.batch_size=10"),
            *("optim.label_smoothing=0.2", "optim.name=sgd"),
        ),
    ],
)
def test_cached_features_give_the_head_that_the_slow_way_gives(train, overrides, monkeypatch):
    monkeypatch.setattr(cached_head, "answer_out_of_fold", lambda *_: None)  # or it learns the validation pictures, too
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


def test_few_validation_pictures_are_learned_too_once_they_have_chosen_the_epoch(
    train, prepared, monkeypatch, tmp_path
):
    both, history, weights = train("both")
    metadata = ModelMetadata.read(tmp_path / "both" / run_folder.MODEL / METADATA)
    splits = [len(prepared.splits[split]) for split in (TRAIN, VALIDATION)]
    assert (both.training.refitted, metadata.training_pictures) == (True, sum(splits))
    monkeypatch.setattr(cached_head, "answer_out_of_fold", lambda *_: None)  # as where validation pictures are many
    one, history_of_one, weights_of_one = train("one")
    metadata = ModelMetadata.read(tmp_path / "one" / run_folder.MODEL / METADATA)
    assert (one.training.refitted, metadata.training_pictures) == (False, splits[0])
    assert list(history_of_one["validation_loss"]) == list(history["validation_loss"])
    assert not torch.allclose(weights["classifier.1.weight"], weights_of_one["classifier.1.weight"], atol=1e-3)


def test_without_views_training_pictures_are_taken_as_they_are(train):
    plain_run = train("plain", "augmentation.policy=none", "augmentation.horizontal_flip=off")[1]
    unchanged, light, _ = train("light", "augmentation.policy=light")
    changed, views, _ = train("views", "augmentation.policy=light", "model.feature_views=2")
    assert (unchanged.training.augmentation, changed.training.augmentation) == (False, True)
    assert list(plain_run["train_loss"]) == list(light["train_loss"])
    assert list(plain_run["train_loss"]) != list(views["train_loss"])


def test_the_backbone_stays_as_it_was_bit_for_bit(train, checkpoint):
    weights = train("run")[2]
    before = {name: tensor for name, tensor in build_head(checkpoint).state_dict().items() if "classifier" not in name}
    assert len(before) > 10
    assert all(torch.equal(weights[name], tensor) for name, tensor in before.items())


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
            "report.study=off",
            f"model.cache_features={cache}",
            "preparation.steps=[whiten]",
            "augmentation.policy=none",
            "augmentation.horizontal_flip=off",
        )
        accuracies.append(run_training(recipe, tmp_path / cache).validation.loss)
    assert accuracies[0] == pytest.approx(accuracies[1], abs=1e-4)


def test_a_resumed_run_reads_its_features_and_ends_with_the_same_numbers(train, prepared, checkpoint, tmp_path):
    whole = train("whole", "optim.epochs=3")

    class PowerCutError(Exception):
        pass

    def cut(record):
        raise PowerCutError

    folder = tmp_path / "halted"
    folder.mkdir()
    overrides = [
        f"model.backbone={checkpoint}",
        "model.trainable_part=head",
        "report.study=off",
        "optim.learning_rate=0.02",
    ]
    recipe = make_recipe(prepared, *overrides, "optim.epochs=3")
    with pytest.raises(PowerCutError):
        run_training(recipe, folder, Listeners(on_epoch=cut))
    counted = []
    resumed = run_training(recipe, folder, Listeners(on_features=lambda *done: counted.append(done)))
    assert counted == []
    assert resumed.test == whole[0].test
    assert resumed.validation == whole[0].validation


@pytest.mark.parametrize("cache", ["on", "off"])
def test_the_best_epochs_of_a_head_are_model_folders_whether_its_features_are_cached_or_not(train, tmp_path, cache):
    train("run", "optim.epochs=4", "early_stopping.top=2", f"model.cache_features={cache}")
    folders = sorted((tmp_path / "run/checkpoints").iterdir())
    assert len(folders) == 2
    heads = [load_model(str(folder))[0].classifier[1].weight for folder in folders]
    assert not torch.equal(*heads)


def test_a_decay_for_a_layer_that_is_not_trained_ends_before_the_features_are_computed(train):
    seen = []
    with pytest.raises(UserError, match=r"optim\.layer_weight_decay: no layer with trained weights is called 'resnet'"):
        train(
            "run",
            "optim.layer_weight_decay={resnet: 0.1}",
            listeners=Listeners(on_features=lambda *done: seen.append(done)),
        )
    assert seen == []


def test_a_head_that_needs_the_map_is_not_cached(checkpoint):
    model = build_head(checkpoint)
    assert measure_head_input(model, 32) == 16
    model.resnet.pooler = nn.Identity()
    model.classifier = nn.Sequential(nn.Conv2d(16, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert measure_head_input(model, 32) is None


def test_where_features_cannot_be_kept_auto_takes_the_slow_way_and_on_says_why(train, monkeypatch):
    monkeypatch.setattr(cached_head, "measure_head_input", lambda *_: None)
    assert train("auto", "optim.epochs=1")[0].training.feature_views == 0
    with pytest.raises(UserError, match=r"model\.cache_features: the head of this network"):
        train("on", "model.cache_features=on")


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


def test_features_that_another_kind_of_head_has_stored_are_not_taken(prepared, checkpoint, tmp_path):
    """A run whose folder holds pooled features, as a comparison shares them, and whose head starts from the map."""

    class PowerCutError(Exception):
        pass

    def cut(record):
        raise PowerCutError

    folder = tmp_path / "run"
    folder.mkdir()
    overrides = [f"model.backbone={checkpoint}", "model.trainable_part=head", "report.study=off", "optim.epochs=1"]
    with pytest.raises(PowerCutError):
        run_training(make_recipe(prepared, *overrides), folder, Listeners(on_epoch=cut))
    counted = []
    flat = make_recipe(prepared, *overrides, "model.head=flatten", "model.head_units=[4]")
    run_training(flat, folder, Listeners(on_features=lambda *done: counted.append(done)))
    assert counted


@pytest.mark.parametrize("views", [1, 2])
def test_a_network_sees_pictures_of_the_size_of_use_however_large_they_are_stored(
    tmp_path, checkpoint, monkeypatch, views
):
    source = write_colored_classes(tmp_path / "source", per_class=10)
    larger = prepare(source, tmp_path / "larger", image_size=16, training_size=24)
    sides, compute = set(), features.compute_features

    def watch(model, batches, *given):
        def note():
            for batch in batches:
                sides.add(tuple(batch["pixels"].shape[2:]))
                yield batch

        return compute(model, note(), *given)

    monkeypatch.setattr(features, "compute_features", watch)
    head = [f"model.backbone={checkpoint}", "model.trainable_part=head", f"model.feature_views={views}"]
    recipe = make_recipe(larger, "data.training_size=24", "report.study=off", *head)
    (tmp_path / "run").mkdir()
    assert run_training(recipe, tmp_path / "run").training.feature_views == views
    assert sides == {(16, 16)}


def test_features_of_pictures_that_are_streamed_are_not_computed_once(train):
    recipe = ("engine.reading=streamed", "optim.epochs=1")
    assert train("auto", *recipe)[0].training.feature_views == 0
    with pytest.raises(UserError, match=r"with engine\.reading=streamed the pictures are looked at in every epoch"):
        train("on", *recipe, "model.cache_features=on")
