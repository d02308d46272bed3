"""What answers to validation pictures say of a network, and what of it the network takes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.factories import SIDE, make_recipe
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.evaluation.temperature import fit_temperature
from vitrine.models.backbones.build import build_backbone
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.calibration.ood import REFERENCE_FEATURES
from vitrine.models.folder import build_processor
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.training.calibrate import build_trust, from_cached_features, look_again
from vitrine.training.head.features import ViewOptions, compute_head_inputs
from vitrine.training.head.fit import CachedHead
from vitrine.training.head.out_of_fold import UnseenAnswers, apply_head
from vitrine.training.loop.methods import TrainingData, TrainingOptions
from vitrine.training.loop.progress import Fit
from vitrine.training.run import run_training


def test_a_network_without_one_vector_of_features_says_so_and_works(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.training.calibrate.measure_head_input", lambda *_: None)
    metrics = run_training(make_recipe(prepared, "optim.epochs=1"), tmp_path)
    assert (metrics.rejection.similarity_threshold, metrics.rejection.refused) == (None, None)
    assert not (tmp_path / run_folder.MODEL / REFERENCE_FEATURES).exists()
    assert judge_all(tmp_path, prepared, TEST)[0].similarity is None


def test_a_temperature_that_does_not_fit_into_the_weights_is_applied_by_the_predictor(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.training.calibrate.fold_temperature", lambda *_: False)
    run_training(make_recipe(prepared, "optim.epochs=3"), tmp_path)
    predictor = Predictor.load(str(tmp_path / run_folder.MODEL))
    assert not predictor.trust.in_weights
    pictures = [row["image"] for row in prepared.splits[TEST]]
    logits = predictor.predict_images(pictures, preprocessed=True).logits
    np.testing.assert_allclose(np.load(tmp_path / run_folder.LOGITS)["test_logits"], logits, atol=1e-4)
    own = predictor.network.model
    with torch.inference_mode():
        raw = own(pixel_values=torch.from_numpy(predictor.pixels(pictures))).logits
    np.testing.assert_allclose(raw.numpy() / predictor.trust.temperature, logits, atol=1e-4)


def judge_all(folder, prepared, split):
    predictor = Predictor.load(str(folder / run_folder.MODEL))
    return predictor.predict_images([row["image"] for row in prepared.splits[split]], preprocessed=True)


@pytest.fixture
def known(prepared, checkpoint):
    """A network whose head alone is trained, and what is known of it by features that were computed once."""
    model, normalization = build_backbone(str(checkpoint), prepared.label_names)
    set_trainable(model, "head")
    data = TrainingData(prepared.splits[TRAIN], prepared.splits[VALIDATION], normalization)
    views = ViewOptions(1, lambda pixels, _, __: pixels, {})
    inputs = compute_head_inputs(model, normalization, data.train, data.validation, views)
    head = CachedHead(Fit("loss"), inputs, apply_head(model, inputs.validation), unseen=None)
    return model, data, from_cached_features(head, seed=0)


def test_features_computed_once_say_what_another_look_at_the_pictures_says(known, prepared):
    model, data, cached = known
    processor = build_processor(SIDE, data.normalization)
    options = TrainingOptions(epochs=1, seed=0, batch_size=4, patience=1)
    seen = look_again(model, processor, data, options, SIDE)
    np.testing.assert_allclose(seen.validation.logits, cached.validation.logits, atol=1e-4)
    np.testing.assert_allclose(seen.validation.similarities, cached.validation.similarities, atol=1e-2)
    np.testing.assert_allclose(seen.reference.rows, cached.reference.rows, atol=1e-2)
    label_ids = list(prepared.splits[VALIDATION]["label"])
    assert seen.validation.label_ids.tolist() == cached.validation.label_ids.tolist() == label_ids


def test_the_last_layer_is_divided_by_the_temperature_and_the_thresholds_are_of_calibrated_answers(known, prepared):
    model, _, found = known
    files = list(prepared.splits[VALIDATION]["file"])
    before = model.classifier[1].weight.detach().clone()
    trusted = build_trust(model, found, files, 0.9, SIDE)
    temperature = trusted.trust.temperature
    assert trusted.trust.in_weights
    assert temperature != 1.0
    torch.testing.assert_close(model.classifier[1].weight.detach(), before / temperature)
    np.testing.assert_allclose(trusted.validation.logits, found.validation.logits / temperature, rtol=1e-6)
    assert list(trusted.validation.ids) == files
    assert trusted.trust.similarity_threshold <= trusted.validation.similarities.min()
    assert trusted.chosen_on.logits.tolist() == trusted.validation.logits.tolist()


def test_out_of_fold_answers_decide_in_place_of_the_few_validation_pictures(known, prepared):
    model, _, found = known
    files = list(prepared.splits[VALIDATION]["file"])
    label_ids = np.arange(120) % 3
    logits = 8 * np.eye(3, dtype=np.float32)[label_ids]
    logits[:3] = logits[3:6]  # three pictures are taken for such of the class before
    label_ids[:3] = (label_ids[:3] + 1) % 3
    unseen = UnseenAnswers(logits, label_ids, np.linspace(0.5, 0.9, 120, dtype=np.float32))
    trusted = build_trust(model, replace(found, out_of_fold=unseen), files, 0.9, SIDE)
    assert (trusted.basis, len(trusted.chosen_on), len(trusted.validation)) == ("out_of_fold", 120, len(files))
    assert trusted.trust.temperature == fit_temperature(logits, label_ids)[0]
    assert trusted.trust.similarity_threshold == pytest.approx(float(unseen.similarities[2]))
    assert trusted.trust.proven
    assert trusted.validation.trust == trusted.trust


def test_answers_that_are_no_numbers_are_refused(known, prepared):
    model, _, found = known
    found.validation.logits[2, 0] = np.nan
    with pytest.raises(UserError, match=r"answers to 1 of \d+ pictures are not numbers"):
        build_trust(model, found, list(prepared.splits[VALIDATION]["file"]), 0.9, SIDE)
