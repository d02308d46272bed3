"""The sections about the training: what is off unless asked, words for values, values out of range."""

import pytest

from tests.config.faults import fault_of
from vitrine.config.loading import load_recipe
from vitrine.config.training import EngineSection, OptimSection


def test_off_is_a_method():
    assert load_recipe(None, ["imbalance.method=off"]).imbalance.method == "none"


@pytest.mark.parametrize(("text", "meant"), [("no", "off"), ("true", "on"), ("auto", "auto")])
def test_compiling_takes_the_words_of_a_switch(text, meant):
    assert load_recipe(None, [f"engine.compile={text}"]).engine.compile == meant


@pytest.mark.parametrize(("given", "pictures"), [("auto", 32), (8, 8)])
def test_a_batch_size_that_is_still_to_be_measured_counts_as_32(given, pictures):
    assert OptimSection(batch_size=given).known_batch_size == pictures


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optim.schedule=cosin", "did you mean cosine?"),
        ("optim.layer_decay=0", "optim.layer_decay: must be greater than 0"),
        ("optim.ema_decay=1", "optim.ema_decay: must be less than 1"),
        ("optim.step_factor=1", "optim.step_factor: must be less than 1"),
        ("imbalance.method=weights", "imbalance.method: must be 'none', 'class_weights',"),
        ("early_stopping.patience=0", "early_stopping.patience: must be at least 1 (got 0)"),
        ("engine.budget_minutes=0", "engine.budget_minutes: must be greater than 0 (got 0)"),
        ("engine.tracker=wandb", "engine.tracker: must be 'tensorboard', 'trackio', 'mlflow' or 'none' (got 'wandb')"),
        ("report.precision=0.4", "report.precision: must be at least 0.5 (got 0.4)"),
        ("report.language=de", "report.language: must be 'en' or 'fr' (got 'de')"),
    ],
)
def test_a_value_out_of_its_range_is_named_with_the_range(override, message):
    assert message in fault_of(None, override)


def test_unless_asked_nothing_limits_the_machine():
    engine = EngineSection()
    assert (engine.budget_minutes, engine.memory_gb, engine.workers) == (None, None, None)
