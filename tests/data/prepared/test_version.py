"""The version of a data set changes with what a model learns and is tested on, and with nothing else."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import draw_shape
from tests.data.trees import prepare, settings_for
from vitrine.data.prepared import version
from vitrine.data.prepared.dataset import open_prepared
from vitrine.data.prepared.version import compute_version
from vitrine.records.manifest import read_manifest

GOLDEN = Path(__file__).parents[2] / "golden/prepared/colours"


@pytest.fixture
def source(make_class_folders):
    return make_class_folders({"cat": 6, "dog": 6})


def test_other_names_and_places_are_the_same_version(source):
    first = prepare(source).version
    for path in sorted(source.glob("*/*.png")):
        path.rename(path.with_name(f"a {path.name}"))
    assert prepare(source).version == first
    shutil.move(source.with_name("pictures_prepared"), source.with_name("elsewhere"))
    assert open_prepared(source.with_name("elsewhere")).version == first


@pytest.mark.parametrize(
    "change", [{"image_size": 20}, {"split_seed": 4}, {"training_size": 24}], ids=lambda change: next(iter(change))
)
def test_other_pixels_and_another_split_are_another_version(source, change):
    assert prepare(source).version != prepare(source, **change).version


def test_a_new_picture_and_a_new_label_are_other_versions(source):
    first = prepare(source).version
    draw_shape(0, 99).save(source / "cat/new.png")
    second = prepare(source).version
    (source / "cat/new.png").rename(source / "dog/new.png")
    assert len({first, second, prepare(source).version}) == 3


def test_the_folds_of_a_data_set_share_their_version(source):
    manifest = read_manifest(prepare(source, folds=3).folder)
    versions = {compute_version(manifest, settings_for(source, folds=3, fold=fold)) for fold in range(3)}
    assert len(versions) == 1


def test_a_data_set_of_an_earlier_build_has_a_version_too():
    assert len(open_prepared(GOLDEN).version) == 12


def test_a_version_is_the_digest_of_one_text(source, monkeypatch):
    prepared = prepare(source, folds=2)
    monkeypatch.setattr(version, "ROWS_AT_ONCE", 5)
    manifest = read_manifest(prepared.folder)
    splits = manifest["split"].where(manifest["split"] == "test", "")
    rows = sorted(zip(manifest["sha256"], manifest["label_name"], splits, manifest["fold"].astype(int), strict=True))
    text = json.dumps([[16, None, prepared.facts.settings.pixel_values()], rows])
    assert compute_version(manifest, prepared.facts.settings) == hashlib.sha256(text.encode()).hexdigest()[:12]
