"""Studies of points around one centre per class."""

import datasets
import numpy as np

from vitrine.evaluation.probe.linear_probe import study_features


def make_study(counts, distance, same=(), seed=0):
    """A study of points around one centre per class; the classes in `same` share that of class 0."""
    generator = np.random.default_rng(seed)
    centers = distance * np.eye(max(12, len(counts)))[: len(counts)]
    for label_id in same:
        centers[label_id] = centers[0]
    label_ids = np.repeat(np.arange(len(counts)), counts)
    features = (centers[label_ids] + generator.normal(size=(len(label_ids), centers.shape[1]))).astype(np.float32)
    return study_features(features, label_ids, len(counts)), label_ids.tolist()


def study_rows(prepared, distance, same=()):
    """Training and validation rows in the order of their labels, and a study of them."""
    rows = datasets.concatenate_datasets([prepared.splits["train"], prepared.splits["validation"]]).sort("label")
    study, _ = make_study(np.bincount(rows["label"], minlength=len(prepared.label_names)), distance, same)
    return rows, study
