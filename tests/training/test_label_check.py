from functools import partial

import numpy as np
import pytest
import torch

from tests.factories import prepare, write_coloured_classes, write_tiny_resnet
from vitrine.models.backbones import build_backbone
from vitrine.training.label_check import judge_training_labels, knows_no_labels

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    return prepare(write_coloured_classes(folder / "source", per_class=12), folder / "prepared")


def never():
    raise AssertionError("the network was built")


def test_features_of_the_pretrained_network_judge_the_training_labels(prepared, tmp_path):
    build = partial(build_backbone, str(write_tiny_resnet(tmp_path / "tiny")), prepared.label_names)
    judged = judge_training_labels(build, prepared, CPU, seed=0)
    train = prepared.splits["train"]
    assert (judged.split, judged.judge, judged.of) == ("train", "head", len(train))
    assert list(judged.files) == list(train["file"])
    assert (judged.probabilities.argmax(axis=1) == judged.label_ids).mean() > 0.9
    assert judged.probabilities.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("views", [1, 2])
def test_stored_features_are_taken_where_they_are_of_unchanged_pictures(prepared, tmp_path, views):
    train = prepared.splits["train"]
    label_ids = np.asarray(train["label"])
    (tmp_path / "features").mkdir()
    features = np.eye(8, dtype=np.float32)[label_ids] + np.random.default_rng(0).normal(0, 0.1, (len(train), 8))
    np.save(tmp_path / "features" / "train.npy", np.stack([features.astype(np.float32)] * views))
    if views == 1:
        judged = judge_training_labels(never, prepared, CPU, seed=0, checkpoint=tmp_path)
        assert (judged.probabilities.argmax(axis=1) == judged.label_ids).all()
    else:
        with pytest.raises(AssertionError, match="the network was built"):
            judge_training_labels(never, prepared, CPU, seed=0, checkpoint=tmp_path)


def test_only_pretrained_networks_that_never_saw_these_labels_may_judge(tmp_path):
    tiny = write_tiny_resnet(tmp_path / "tiny")
    assert knows_no_labels(str(tiny), pretrained=True)
    assert not knows_no_labels(str(tiny), pretrained=False)
    assert not knows_no_labels("small_cnn", pretrained=True)
    (tiny / "vitrine.json").write_text("{}")  # a model of ours: perhaps of this very data set
    assert not knows_no_labels(str(tiny), pretrained=True)
