"""Features of a frozen backbone are computed by the first run and used by the others."""

from pathlib import Path

import pytest

from tests.experiments.comparisons import do, plan
from tests.factories import write_tiny_resnet
from vitrine.experiments.compare.cost import read_cost
from vitrine.experiments.compare.shared_features import address, keep, reuse
from vitrine.records.folder import CHECKPOINT
from vitrine.training.head import fit as cached_head
from vitrine.training.head.features import FEATURES

HEAD = "model.trainable_part: head, optim.epochs: 2, model.backbone"


@pytest.mark.slow
def test_features_are_computed_once_for_all_seeds_and_heads(write_comparison, tmp_path, monkeypatch):
    backbone = write_tiny_resnet(tmp_path / "tiny")
    computed = []
    read = cached_head.compute_head_inputs

    def watched(model, normalization, train, validation, options, store, on_pictures):
        return read(model, normalization, train, validation, options, store, lambda *seen: computed.append(seen))

    monkeypatch.setattr(cached_head, "compute_head_inputs", watched)
    _, runs = plan(
        write_comparison(
            "seeds: [0, 1]\nvariants:\n"
            f"  linear: {{{HEAD}: {backbone}}}\n  dense: {{model.head: dense, {HEAD}: {backbone}}}\n"
        )
    )
    pictures = 0
    for run in runs:
        do([run])
        pictures = pictures or len(computed)
    assert pictures == len(computed) > 0
    costs = [read_cost(run.folder) for run in runs]
    assert costs[0].reused_seconds == 0
    assert len({cost.reused_seconds for cost in costs[1:]}) == 1
    assert all(cost.seconds > cost.reused_seconds > 0 for cost in costs[1:])
    assert not list(Path("runs/trial").glob("*/*/checkpoint"))


@pytest.fixture
def head_run(write_comparison, tmp_path):
    """A function that plans a run of a head, with overrides, and makes the folder of its features."""

    def make(*overrides, has_features=False):
        path = write_comparison(f"seeds: [0]\nvariants: {{head: {{{HEAD}: {tmp_path / 'tiny'}}}}}\n")
        (run,) = plan(path, *overrides)[1]
        if has_features:
            place = run.unfinished / CHECKPOINT / FEATURES
            place.mkdir(parents=True)
            (place / "train.npy").write_bytes(b"numbers")
        return run

    return make


@pytest.mark.parametrize(
    ("override", "shares"),
    [
        ("seeds=[5]", True),
        ("model.head=dense", True),
        ("optim.learning_rate=0.5", True),
        ("augmentation.policy=strong", True),  # one view is of the pictures as they are
        ("engine.precision=auto", False),
        ("model.feature_views=2", False),
        ("variants.head.model.backbone=other", False),
    ],
)
def test_runs_share_what_would_be_the_same_features(head_run, override, shares):
    assert (address(head_run(override)) == address(head_run())) is shares


def test_views_by_chance_are_those_of_their_seed(head_run):
    views = [address(head_run("model.feature_views=2", f"seeds=[{seed}]")) for seed in (0, 0, 1)]
    assert views[0] == views[1] != views[2]


def test_kept_features_are_where_the_next_run_looks_for_them(head_run, tmp_path):
    first, second = head_run(has_features=True), head_run("model.head=dense")
    store, cost = tmp_path / "store", {"seconds": 3.0, "cpu_seconds": 2.0}
    assert reuse(second, store) is None
    keep(first, store, cost)
    assert reuse(second, store) == cost
    place = second.unfinished / CHECKPOINT / FEATURES
    assert (place / "train.npy").read_bytes() == b"numbers"
    keep(second, store, {"seconds": 99.0})  # a link is not the run's own work
    assert reuse(second, store) == cost


def test_a_network_that_is_trained_whole_and_a_damaged_cost_borrow_nothing(head_run, tmp_path):
    store = tmp_path / "store"
    keep(head_run(has_features=True), store, {"seconds": 3.0})
    assert reuse(head_run("variants.head.model.trainable_part=all"), store) is None
    next(store.glob("*/cost.json")).write_text("{")
    assert reuse(head_run("model.head=dense"), store) is None


def test_a_link_to_features_that_are_gone_is_replaced(head_run, tmp_path):
    store = tmp_path / "store"
    keep(head_run(has_features=True), store, {"seconds": 3.0})
    run = head_run("model.head=dense")
    place = run.unfinished / CHECKPOINT / FEATURES
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "gone")
    assert reuse(run, store) == {"seconds": 3.0}
    assert (place / "train.npy").exists()


def test_heads_on_the_map_share_among_themselves_and_not_with_heads_on_pooled_features(head_run):
    pooled, dense = head_run(), head_run("model.head=dense")
    flat, deep = head_run("model.head=flatten"), head_run("model.head=flatten", "model.head_units=[8]")
    assert address(pooled) == address(dense)
    assert address(flat) == address(deep)
    assert len({address(pooled), address(flat), address(head_run("model.head=stages"))}) == 3
