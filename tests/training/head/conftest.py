"""Head-only trainings."""

import pandas as pd
import pytest

from tests.factories import make_recipe
from vitrine.models.backbones.build import build_backbone
from vitrine.records import folder as run_folder
from vitrine.training.run import run_training


@pytest.fixture
def train(prepared, checkpoint, tmp_path):
    """A function that trains a head with some overrides: (metrics, history, weights of the saved model)."""

    def call(name, *overrides, **callbacks):
        folder = tmp_path / name
        folder.mkdir()
        overrides = [f"model.backbone={checkpoint}", "model.trainable_part=head", "report.study=off", *overrides]
        metrics = run_training(make_recipe(prepared, "optim.learning_rate=0.02", *overrides), folder, **callbacks)
        history = pd.read_csv(folder / run_folder.HISTORY)
        model, _ = build_backbone(str(folder / run_folder.MODEL), prepared.label_names)
        return metrics, history, model.state_dict()

    return call
