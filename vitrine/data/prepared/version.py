"""The version of a data set: its pictures, their labels and their split, whatever the files are called."""

import hashlib
import json

import pandas as pd

from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.records.prepared import Settings

LETTERS = 12


def compute_version(manifest: pd.DataFrame, settings: Settings) -> str:
    """A short digest of everything that a model can learn from a data set and is tested on.

    Names of files, times and places do not count: the same pictures prepared the same way elsewhere are the same
    version. The folds of a data set share one, since each training chooses among them.

    Args:
        manifest: of the data set.
        settings: that it was prepared with.

    Returns:
        12 hexadecimal digits.
    """
    data = settings.data
    kept = manifest[manifest["status"] == KEPT]
    splits = kept["split"] if data.folds is None else kept["split"].where(kept["split"].isin([TEST, GATE]), "")
    pictures = sorted(zip(kept["sha256"], kept["label_name"], splits, kept["fold"].astype(int), strict=True))
    pixels = [data.image_size, data.training_size, settings.pixel_values()]
    return hashlib.sha256(json.dumps([pixels, pictures]).encode()).hexdigest()[:LETTERS]
