"""How like the training pictures a new one is, and the sample of them behind it."""

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.models.calibration.ood import (
    MOST_BYTES,
    MOST_ROWS,
    REFERENCE_FEATURES,
    ReferenceFeatures,
    build_reference,
    choose_rows,
    load_reference,
)


def test_the_score_is_the_mean_cosine_similarity_to_the_nearest_rows():
    generator = np.random.default_rng(0)
    rows, features = generator.normal(size=(40, 6)).astype(np.float32), generator.normal(size=(7, 6)).astype(np.float32)
    reference = build_reference(rows, np.zeros(40, np.int64))
    directions = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (features, rows)]
    expected = np.sort(directions[0] @ directions[1].T, axis=1)[:, -3:].mean(axis=1)
    np.testing.assert_allclose(reference.similarity(features, 3), expected, atol=2e-3)
    np.testing.assert_allclose(reference.similarity(100 * features, 3), expected, atol=2e-3)
    assert reference.similarity(features, 1000).shape == (7,)
    assert np.isfinite(reference.similarity(np.zeros((1, 6), np.float32), 3)).all()


class WithoutProduct(np.ndarray):
    """Numbers that NumPy cannot multiply as matrices."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        assert ufunc is not np.matmul, (
            "NumPy's threads would spin on the cores on which torch computes the next network"
        )
        return super().__array_ufunc__(ufunc, method, *inputs, **options)


def test_the_product_is_torchs():
    rows = np.eye(4, dtype=np.float16).view(WithoutProduct)
    reference = ReferenceFeatures(rows, np.zeros(4, np.int64))
    assert reference.similarity(2 * np.eye(4, dtype=np.float32), 1).tolist() == [1.0] * 4


def test_the_sample_is_fair_to_small_classes_seeded_and_small():
    label_ids = np.repeat([0, 1, 2], [5000, 3000, 10])
    rows = choose_rows(label_ids, 512, seed=1)
    assert len(rows) == MOST_ROWS
    assert np.bincount(label_ids[rows]).tolist() == [995, 995, 10]
    assert rows.tolist() == sorted(set(rows.tolist())) == choose_rows(label_ids, 512, seed=1).tolist()
    assert rows.tolist() != choose_rows(label_ids, 512, seed=2).tolist()
    assert 2 * 20_000 * len(choose_rows(label_ids, 20_000, seed=0)) <= MOST_BYTES
    assert choose_rows(label_ids[:7], 512, seed=0).tolist() == list(range(7))


def test_stored_features_come_back_and_a_missing_or_broken_file_is_named(tmp_path):
    reference = build_reference(np.eye(4, dtype=np.float32), np.arange(4))
    reference.save(tmp_path)
    assert load_reference(tmp_path).rows.tolist() == reference.rows.tolist()
    (tmp_path / REFERENCE_FEATURES).write_bytes(b"broken")
    with pytest.raises(UserError, match=r"reference_features\.safetensors: missing or broken"):
        load_reference(tmp_path)
    with pytest.raises(UserError, match="missing or broken"):
        load_reference(tmp_path / "nowhere")
