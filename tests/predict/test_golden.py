"""An engine that computes wrongly on this machine is found out by pictures whose answers are known."""

import numpy as np
import pytest

from tests.factories import IMAGENET, fault_of
from vitrine.models.calibration.softmax import softmax
from vitrine.models.folder import build_processor
from vitrine.predict.golden import (
    CELLS,
    FEWER_BITS,
    Deviation,
    ask_golden,
    check_golden,
    draw_golden,
    measure_deviation,
    note_answers,
)
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.pytorch import TorchPreprocessing
from vitrine.records.model import Golden

SIDE = 24
PREPROCESS = TorchPreprocessing(build_processor(SIDE, IMAGENET))


class IntegerNetwork:
    """One layer of int8, as a processor computes it: with VNNI exactly; without, pairs of products end at 16 bits."""

    name = "onnxruntime"

    def __init__(self, bits, has_vnni, labels=3, sharpness=1):
        generator = np.random.RandomState(1)
        most = 2 ** (bits - 1) - 1
        self.weights = np.where(generator.rand(3 * SIDE * SIDE, labels) < 0.5, -most, most)
        self.weights[1::2] = self.weights[::2]  # neighbours pull the same way, as in a filter for a plain colour
        self.scale, self.has_vnni = sharpness / (most * 20000), has_vnni

    def run(self, pixel_values):
        levels = np.clip(np.round(pixel_values * 60 + 128), 0, 255).astype(np.int64).reshape(len(pixel_values), -1)
        products = levels[:, :, None] * self.weights
        pairs = products[:, ::2] + products[:, 1::2]
        if not self.has_vnni:
            pairs = pairs.clip(-(2**15), 2**15 - 1)
        return Outputs((pairs.sum(axis=1) * self.scale).astype(np.float32), None)


def golden_of(network, most=FEWER_BITS):
    return older_golden_of(network, most.share).model_copy(
        update={"answers": note_answers(ask_golden(network, PREPROCESS, SIDE)), "spreads": most.spreads}
    )


def older_golden_of(network, tolerance):
    """As in a file of an earlier build."""
    probabilities = softmax(ask_golden(network, PREPROCESS, SIDE).logits)
    return Golden(probabilities=probabilities.tolist(), tolerance=tolerance)


# Of many classes and of sure answers no probability moves by the tolerance.
@pytest.mark.parametrize(("labels", "sharpness"), [(3, 1), (1000, 1), (1000, 1 / 8), (3, 200)])
def test_weights_of_8_bits_are_refused_where_sums_are_cut_off(labels, sharpness):
    golden = golden_of(IntegerNetwork(8, True, labels, sharpness))
    check_golden("m", IntegerNetwork(8, True, labels, sharpness), PREPROCESS, SIDE, golden)
    message = fault_of(check_golden, "m", IntegerNetwork(8, False, labels, sharpness), PREPROCESS, SIDE, golden)
    assert message.startswith("m: on this machine its answers to pictures whose answers are known are wrong (by ")


def test_a_file_of_an_earlier_build_is_compared_by_its_probabilities():
    golden = older_golden_of(IntegerNetwork(8, has_vnni=True), tolerance=0.01)
    check_golden("m", IntegerNetwork(8, has_vnni=True), PREPROCESS, SIDE, golden)
    assert "(by 0." in fault_of(check_golden, "m", IntegerNetwork(8, has_vnni=False), PREPROCESS, SIDE, golden)


def test_a_similarity_that_differs_is_refused():
    class WithSimilarity(IntegerNetwork):
        similarity = 0.5

        def run(self, pixel_values):
            return Outputs(super().run(pixel_values).logits, np.full(len(pixel_values), self.similarity, np.float32))

    network = WithSimilarity(8, has_vnni=True)
    golden = golden_of(network)
    check_golden("m", network, PREPROCESS, SIDE, golden)
    network.similarity = 0.6
    assert "are wrong (by 0.1 in probability or similarity" in fault_of(
        check_golden, "m", network, PREPROCESS, SIDE, golden
    )


def test_an_engine_that_gives_no_answer_is_one_message():
    class Failing(IntegerNetwork):
        def run(self, pixel_values):
            raise RuntimeError("Got invalid dimensions for input")

    golden = golden_of(IntegerNetwork(8, True))
    message = fault_of(check_golden, "m", Failing(8, True), PREPROCESS, SIDE, golden)
    assert message == "m: onnxruntime cannot compute it (Got invalid dimensions for input)"


def test_weights_of_7_bits_answer_the_same_without_vnni():
    golden = golden_of(IntegerNetwork(7, has_vnni=True), Deviation(1e-7, 1e-5))
    check_golden("m", IntegerNetwork(7, has_vnni=False), PREPROCESS, SIDE, golden)


def test_answers_that_are_not_numbers_are_refused():
    class Broken(IntegerNetwork):
        def run(self, pixel_values):
            return Outputs(super().run(pixel_values).logits * np.nan, None)

    golden = golden_of(IntegerNetwork(8, has_vnni=True), Deviation(1.0, 1.0))
    assert "no numbers" in fault_of(check_golden, "m", Broken(8, True), PREPROCESS, SIDE, golden)


def test_answers_for_other_classes_deviate():
    few, many = (Outputs(np.zeros((2, labels), np.float32), None) for labels in (2, 3))
    assert measure_deviation(many, few) == Deviation(np.inf, np.inf)


@pytest.mark.parametrize("side", [8, 33])
def test_the_pictures_are_always_the_same_and_differ(side):
    drawn = [np.asarray(image) for image in draw_golden(side)]
    assert [image.shape for image in drawn] == [(side, side, 3)] * len(CELLS)
    assert drawn[0][0, 0].tolist() == [172, 47, 117]  # the stream of RandomState(0) is frozen
    assert len({image.tobytes() for image in drawn}) == len(CELLS)
