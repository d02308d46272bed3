"""A sample of the training pictures as the head sees them: how like them a new picture is.

Of the scores tried on photos of dogs against drawings and digits, the mean cosine similarity to the nearest training
pictures told known from unknown best (after Sun et al. 2022, "Out-of-distribution detection with deep nearest
neighbors"); figures in EXPERIMENTS.md.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from vitrine.errors import UserError
from vitrine.records.atomic import write_bytes

REFERENCE_FEATURES = "reference_features.safetensors"
NEIGHBORS = 3
MOST_ROWS = 2000
MOST_BYTES = 8 * 10**6  # in float16: the file travels with the model
LEAST_NORM = 1e-12


@dataclass(frozen=True)
class ReferenceFeatures:
    """Vectors of length 1 of sampled training pictures.

    Attributes:
        rows: of length 1, float16, `[pictures, width]`.
        label_ids: of the pictures, int64, `[pictures]`.
    """

    rows: npt.NDArray[np.float16]
    label_ids: npt.NDArray[np.int64]

    def similarity(self, features: npt.NDArray[np.float32], neighbors: int) -> npt.NDArray[np.float32]:
        """Mean cosine similarity to the nearest rows.

        Args:
            features: `[pictures, width]`.
            neighbors: how many of the rows; all of them where there are fewer.

        Returns:
            `[pictures]`, -1 to 1.
        """
        similarities = torch.from_numpy(_to_length_one(features)) @ self._columns
        nearest = similarities.topk(min(neighbors, len(self.rows)), dim=1, sorted=False)
        mean: npt.NDArray[np.float32] = nearest.values.mean(dim=1).numpy()
        return mean

    @cached_property
    def _columns(self) -> torch.Tensor:
        """For torch's product: NumPy's own threads would go on spinning on the cores that the network wants next."""
        return torch.from_numpy(self.rows.astype(np.float32)).T

    def save(self, folder: Path) -> None:
        """Writes them into a model folder."""
        write_bytes(folder / REFERENCE_FEATURES, save({"features": self.rows, "label_ids": self.label_ids}))


def build_reference(features: npt.NDArray[np.float32], label_ids: npt.NDArray[np.int64]) -> ReferenceFeatures:
    """Brings the features of sampled training pictures to length 1 and half precision."""
    return ReferenceFeatures(_to_length_one(features).astype(np.float16), label_ids.astype(np.int64))


def load_reference(folder: Path) -> ReferenceFeatures:
    """Reads them from a model folder.

    Raises:
        UserError: the file is missing or broken.
    """
    path = folder / REFERENCE_FEATURES
    try:
        tensors = load_file(path)
        features, label_ids = tensors["features"], tensors["label_ids"]
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(
            f"{path}: missing or broken, so the model cannot say which pictures are of none of its classes; "
            "copy the model folder again, whole"
        ) from error
    if not np.isfinite(features).all():
        raise UserError(f"{path}: some values are not numbers (NaN or infinite); copy the model folder again, whole")
    return ReferenceFeatures(features, label_ids)


def choose_rows(label_ids: npt.NDArray[np.int64], width: int, seed: int) -> npt.NDArray[np.int64]:
    """Rows of training pictures to keep, as many of each class as there is room for, in rising order.

    Args:
        label_ids: of all training pictures.
        width: of the features.
        seed: of the choice.
    """
    room = min(MOST_ROWS, max(1, MOST_BYTES // (2 * width)))
    if len(label_ids) <= room:
        return np.arange(len(label_ids))
    shuffled = np.random.default_rng(seed).permutation(len(label_ids))
    # The first picture of every class in that order, then the second of every class ...
    in_class = np.empty(len(label_ids), np.int64)
    for label_id in np.unique(label_ids):
        members = shuffled[label_ids[shuffled] == label_id]
        in_class[members] = np.arange(len(members))
    turn = np.lexsort((np.argsort(shuffled), in_class))
    return np.sort(turn[:room])


def _to_length_one(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    values = np.asarray(features, np.float32)
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    directions: npt.NDArray[np.float32] = values / np.maximum(norms, np.float32(LEAST_NORM))
    return directions
