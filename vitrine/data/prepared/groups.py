"""Which pictures belong together across the splits of a prepared data set: copies, and members of one group."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine.data.checks.series import find_seen
from vitrine.data.manifest.split import join_groups
from vitrine.data.manifest.split_names import TEST, TRAIN
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest


def number_groups(folder: Path, files: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each picture; copies of each other and pictures of one group share theirs.

    Args:
        folder: of the prepared data set.
        files: of its splits.
    """
    manifest = read_manifest(folder, ("file", "copy_of", "group")).set_index("file").loc[list(files)]
    copies = np.unique(manifest["copy_of"].where(manifest["copy_of"] != "", manifest.index), return_inverse=True)[1]
    return join_groups(copies, manifest["group"])


def find_test_duplicates(prepared: PreparedDataset) -> npt.NDArray[np.bool_]:
    """Whether training holds a copy of a test picture, exact or near, or a picture of its group.

    A split that Vitrine cut has none; a fixed one may have, where `checks.leaks` only reports them.

    Returns:
        `[test pictures]`, in the order of the split.
    """
    train, test = (read_column(prepared.splits[split], "file").to_pylist() for split in (TRAIN, TEST))
    groups = number_groups(prepared.folder, train + test)
    found: npt.NDArray[np.bool_] = np.isin(groups[len(train) :], groups[: len(train)])
    return found


def find_test_series(prepared: PreparedDataset) -> npt.NDArray[np.bool_]:
    """Whether training holds a picture of the series of a test picture: its sub-folder, numbered row or burst.

    Returns:
        `[test pictures]`, in the order of the split.
    """
    columns = ("file", "label_name", "source_label", "split", "status", "taken")
    manifest = read_manifest(prepared.folder, columns).set_index("file", drop=False)
    manifest["split"] = ""
    for split in (TRAIN, TEST):  # as they were opened: a fold may have been chosen
        manifest.loc[read_column(prepared.splits[split], "file").to_pylist(), "split"] = split
    seen: npt.NDArray[np.bool_] = find_seen(manifest)[list(prepared.splits[TEST]["file"])].to_numpy(bool)
    return seen


def read_subgroups(folder: Path, files: Iterable[str]) -> list[str]:
    """What the column of sub-groups says of each picture; "" without one, and for pictures that are not known.

    Args:
        folder: of a prepared data set; one without a manifest has no sub-groups.
        files: names of pictures in it.
    """
    try:
        if not (read_manifest(folder, ("subgroup",))["subgroup"] != "").any():
            return ["" for _ in files]
        manifest = read_manifest(folder, ("file", "subgroup"))
    except UserError:
        return ["" for _ in files]
    known: list[str] = manifest.set_index("file")["subgroup"].reindex(list(files), fill_value="").tolist()
    return known
