"""What a frozen, pretrained network sees in training and validation pictures."""

from pathlib import Path

import numpy as np
import pytest

from tests.factories import SIDE, make_recipe
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.data.prepared.dataset import open_streamed
from vitrine.models.backbones.build import build_backbone
from vitrine.models.folder import build_processor, save_model
from vitrine.training.plan import plan_probe
from vitrine.training.probe_features import compute_frozen_features, label_ids_of


@pytest.fixture
def look(prepared, checkpoint):
    """A function that looks at the pictures."""

    def call(backbone=checkpoint, **options):
        plan = plan_probe(make_recipe(prepared), str(backbone), "")
        return compute_frozen_features(plan, prepared, **options)

    return call


def test_every_training_and_validation_picture_is_seen_and_no_test_picture(look, prepared, checkpoint):
    counted = []
    found = look(on_pictures=lambda *done: counted.append(done))
    files = [*prepared.splits[TRAIN]["file"], *prepared.splits[VALIDATION]["file"]]
    assert sorted(found.rows["file"]) == sorted(files)
    assert not set(found.rows["file"]) & set(prepared.splits[TEST]["file"])
    assert found.looked_at == len(files)
    assert found.values.shape == (len(files), 16)
    assert (found.facts["backbone"], found.facts["width"], found.facts["precision"]) == (str(checkpoint), 16, "fp32")
    assert counted[-1] == (len(files), len(files))
    assert len(set(found.groups.tolist())) == len(files)  # no picture is a copy of another


def test_of_training_pictures_that_are_streamed_those_that_are_here_are_seen(in_many_files, put_in_store, checkpoint):
    streamed = open_streamed(Path(put_in_store(in_many_files.folder)))
    plan = plan_probe(make_recipe(in_many_files), str(checkpoint), "")
    found = compute_frozen_features(plan, streamed)
    assert found.rows["file"][:] == [*streamed.training_sample["file"], *streamed.splits[VALIDATION]["file"]]
    assert np.isfinite(found.values).all()


def test_of_many_pictures_each_class_has_its_share_and_they_are_seen_alike(look):
    whole, some = look(), look(at_most=12)
    shares = 12 * np.bincount(label_ids_of(whole.rows)) / len(whole.rows)
    assert np.bincount(label_ids_of(some.rows)) == pytest.approx(shares, abs=1)
    assert len(some.rows) == 12
    assert some.looked_at == whole.looked_at
    place = {file: row for row, file in enumerate(whole.rows["file"])}
    chosen = whole.values[[place[file] for file in some.rows["file"]]]
    np.testing.assert_allclose(some.values, chosen, rtol=1e-4, atol=1e-5)


def test_a_model_folder_with_these_very_classes_may_have_seen_the_pictures(look, prepared, checkpoint, tmp_path):
    assert not look(at_most=6).knows_classes
    model, normalization = build_backbone(str(checkpoint), prepared.label_names)
    save_model(tmp_path / "model", model, build_processor(SIDE, normalization))
    assert look(tmp_path / "model", at_most=6).knows_classes
