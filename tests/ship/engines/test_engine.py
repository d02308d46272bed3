"""What engines share."""

import numpy as np
import pytest

from tests.factories import fault_of
from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.ship.engines.engine import as_outputs, build_network, need
from vitrine.ship.export import load_to_export, measure_side


def test_a_library_that_is_missing_is_named_with_what_brings_it():
    message = fault_of(need, "no_such_library", "LiteRT", "litert")
    assert message.startswith("LiteRT needs its library: pip install -r requirements-litert.txt (or vitrine[litert])")
    assert "no_such_library" in message
    assert need("json", "JSON", "json").loads("1") == 1


def test_outputs_are_found_by_their_names():
    outputs = as_outputs(("logits", "features", "familiarity"), [[[1.0, 2.0]], [[0.0]], [0.5]])
    assert (outputs.logits.tolist(), outputs.similarity.tolist()) == ([[1.0, 2.0]], [0.5])
    assert as_outputs(("logits",), [[[1.0]]]).similarity is None
    with pytest.raises(ValueError, match="shorter"):
        as_outputs(("logits", "features"), [[[1.0]]])


def test_the_network_lies_as_exporters_want_it(tmp_path):
    predictor = load_to_export(str(write_small_cnn(tmp_path, PreparationSection())))
    network, picture = build_network(predictor, measure_side(predictor))
    assert all(one.is_contiguous() for one in network.parameters())
    np.testing.assert_allclose(
        network(picture)[0].detach().numpy(), predictor.network.run(picture.numpy()).logits, atol=1e-6
    )
