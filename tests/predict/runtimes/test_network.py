"""Both runtimes are networks in the eyes of a predictor."""

import numpy as np
import pytest

from tests.factories import SIDE
from tests.predict.models import LABELS, write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.predict.runtimes.network import Loaded
from vitrine.predict.runtimes.onnx import load_onnx
from vitrine.predict.runtimes.pytorch import load_torch
from vitrine.ship.export import export_onnx


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_a_model_is_opened_with_all_that_a_predictor_needs(runtime, tmp_path):
    folder = write_small_cnn(tmp_path / "model", PreparationSection())
    if runtime == "onnx":
        export_onnx(str(folder), tmp_path / "model.onnx")
    loaded = load_torch(str(folder)) if runtime == "torch" else load_onnx(tmp_path / "model.onnx")
    assert isinstance(loaded, Loaded)
    assert (loaded.label_names, loaded.metadata) == (LABELS, None)
    assert loaded.folder == (folder if runtime == "torch" else tmp_path)
    outputs = loaded.network.run(np.zeros((2, 3, SIDE, SIDE), np.float32))
    assert (outputs.logits.shape, outputs.logits.dtype, outputs.similarity) == ((2, 3), np.float32, None)
    assert loaded.network.on_processor
    assert loaded.network.count_threads() >= 1
    assert loaded.preprocess.settings["image_processor_type"] == "ViTImageProcessor"
