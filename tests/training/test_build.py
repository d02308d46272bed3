"""From plans to the parts of a training."""

import pytest
import torch
from accelerate import Accelerator

from tests.factories import make_recipe
from tests.training.loop.trainers import make_small
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.training.build import choose_methods, find_batch_size, open_budget
from vitrine.training.fit import build_model
from vitrine.training.plan import plan_training

CPU = torch.device("cpu")


@pytest.fixture
def choose(prepared, tmp_path):
    """A function that gives the methods of a recipe with some overrides, and the network that they work on."""

    def call(*overrides):
        plan = plan_training(make_recipe(prepared, *overrides), prepared)
        model, normalization = build_model(plan.model, prepared.label_names, plan.options.seed)
        return choose_methods(plan, prepared, model, normalization, tmp_path, CPU), model

    return call


def trained(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_the_backbone_is_frozen_for_the_first_epochs_only(choose, checkpoint):
    methods, model = choose(f"model.backbone={checkpoint}", "model.frozen_epochs=1")
    assert methods.choose_trained(3, 8)  # the first of two epochs
    assert trained(model) == {"classifier.1.weight", "classifier.1.bias"}
    assert methods.choose_trained(4, 8)
    assert trained(model) == {name for name, _ in model.named_parameters()}
    assert not methods.choose_trained(5, 8)


def test_an_epoch_that_is_kept_is_a_model_folder_until_it_is_dropped(choose, prepared, tmp_path):
    methods, model = choose()
    methods.keep_epoch(3)
    folder = tmp_path / run_folder.CHECKPOINTS / "epoch_003"
    loaded = Predictor.load(str(folder))
    assert loaded.label_names == prepared.label_names
    assert torch.equal(loaded.network.model.classifier.weight, model.classifier.weight)
    methods.drop_epoch(3)
    assert not folder.exists()
    methods.drop_epoch(3)  # another process may have been faster


def test_pictures_grow_from_the_first_epoch_to_the_last(choose):
    methods, _ = choose("optim.epochs=3", "augmentation.first_image_size=16")
    pixels, rows = torch.zeros(2, 3, 32, 32), torch.arange(2)
    assert [methods.augment(pixels, rows, epoch, 3).shape[-1] for epoch in range(3)] == [16, 32, 32]


def test_a_plain_recipe_mixes_averages_and_balances_nothing(choose):
    methods, _ = choose()
    assert (methods.mix, methods.average, methods.sampler, methods.batches, methods.choose_trained) == (None,) * 5


def test_parts_are_there_where_the_recipe_asks_for_them(choose):
    assert choose("augmentation.mixup=0.2")[0].mix is not None
    assert choose("imbalance.method=balanced_sampler")[0].sampler is not None
    assert choose("engine.reading=shards")[0].batches is not None
    methods, model = choose("optim.ema_decay=0.5")
    average = methods.average(model)
    assert average.state_dict()["averages"].keys() <= model.state_dict().keys()


def test_mixed_pictures_have_labels_that_sum_to_one(choose):
    methods, _ = choose("augmentation.mixup=0.2")
    pixels, label_ids = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0])
    _, targets = methods.mix(pixels, label_ids, torch.arange(4), 0)
    assert targets.shape == (4, 3)
    assert targets.sum(dim=1).tolist() == pytest.approx([1.0] * 4)


def test_a_picture_is_changed_by_seed_epoch_and_its_number_whoever_stands_beside_it(choose):
    methods, _ = choose("augmentation.policy=standard")
    pixels = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    numbers = torch.tensor([4, 7, 9])
    together = methods.augment(pixels.float(), numbers, 2, 5)
    torch.testing.assert_close(methods.augment(pixels[1:2].float(), numbers[1:2], 2, 5), together[1:2])
    assert not torch.equal(methods.augment(pixels.float(), numbers, 3, 5), together)


def test_the_largest_batch_is_looked_for_once_in_a_run(prepared, tmp_path):
    plan, said = plan_training(make_recipe(prepared, "optim.batch_size=auto"), prepared), []

    def find():
        return find_batch_size(plan, 300, Accelerator(cpu=True), make_small(prepared), tmp_path / "store", said.append)

    assert find() == 32  # eight steps in an epoch at least
    assert said == ["batch size: 32 pictures, the largest that fits and leaves some steps in an epoch"]
    (tmp_path / "store" / "batch_size.txt").write_text("8")
    assert find() == 8
    assert len(said) == 1


def test_a_budget_counts_every_picture_that_is_looked_at_in_the_end(prepared):
    assert open_budget(None, 0.0, prepared) is None
    budget = open_budget(1.5, 10.0, prepared)
    train, validation, test = (len(prepared.splits[split]) for split in (TRAIN, VALIDATION, TEST))
    assert (budget.seconds, budget.started, budget.validation_pictures) == (90.0, 10.0, validation)
    assert (budget.test_pictures, budget.sample_pictures) == (validation + test, train)
