"""The version of a data set: its pictures, their labels and their split, whatever the files are called."""

import hashlib
import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.records.prepared import Settings

LETTERS = 12
VERSION_COLUMNS = ("status", "sha256", "label_name", "split", "fold")  # the first says which rows count
ROWS_AT_ONCE = 10_000


def compute_version(manifest: pd.DataFrame, settings: Settings) -> str:
    """A short digest of everything that a model can learn from a data set and is tested on.

    Names of files, times and places do not count: the same pictures prepared the same way elsewhere are the same
    version. The folds of a data set share one, since each training chooses among them.

    Args:
        manifest: of the data set, with `VERSION_COLUMNS`.
        settings: that it was prepared with.

    Returns:
        12 hexadecimal digits.
    """
    data = settings.data
    columns = list(VERSION_COLUMNS[1:])
    kept = manifest.loc[manifest["status"] == KEPT, columns]
    if data.folds is not None:
        kept["split"] = kept["split"].where(kept["split"].isin([TEST, GATE]), "")
    pictures = pa.Table.from_pandas(kept, preserve_index=False)
    order = pc.sort_indices(pictures, [(name, "ascending") for name in columns])
    digest = hashlib.sha256()
    digest.update(f"[{json.dumps([data.image_size, data.training_size, settings.pixel_values()])}, [".encode())
    for start in range(0, len(order), ROWS_AT_ONCE):  # as one text, they would take a kilobyte each
        part = pictures.take(order[start : start + ROWS_AT_ONCE]).to_pydict()
        rows = json.dumps(list(zip(*part.values(), strict=True)))
        digest.update(f"{', ' * bool(start)}{rows[1:-1]}".encode())
    digest.update(b"]]")
    return digest.hexdigest()[:LETTERS]
