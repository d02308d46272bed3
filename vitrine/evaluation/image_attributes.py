"""How test pictures look: brightness, contrast, size, shape, colour, sharpness; what weak slices are cut from."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.checks.fingerprints import SIDE
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import read_subgroups
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import THUMBNAILS

# Greater than what JPEG makes of a grey picture that was saved in colour; from the neutral 128.
LEAST_COLOR = 6.0
GRAY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")


def describe_images(prepared: PreparedDataset, split: str) -> pd.DataFrame:
    """One row for each picture of a split, in its order.

    Brightness, contrast and colour are those of the whole picture as the scan saw it; a data set without thumbnails
    gives them from the preprocessed images. Sharpness is that of the image as the network sees it.

    Returns:
        Columns: file; brightness, contrast (mean and deviation of the grey levels, 0 to 255); side (the shorter one, in
        pixels); elongation (longer side by shorter side); is_grey; sharpness (deviation of the Laplacian of the grey
        levels by their contrast); subgroup ("" without one).
    """
    rows = prepared.splits[split]
    width, height = np.asarray(rows["width"][:], float), np.asarray(rows["height"][:], float)
    preprocessed = [measure_attributes(np.asarray(row["image"].convert("RGB"))) for row in rows]
    table = pd.DataFrame(preprocessed, columns=["brightness", "contrast", "is_grey", "sharpness"])
    table.insert(0, "file", list(rows["file"][:]))
    table["side"] = np.minimum(width, height)
    table["elongation"] = np.maximum(width, height) / np.maximum(table["side"], 1)
    table["subgroup"] = read_subgroups(prepared.folder, table["file"])
    scanned = _read_scan(prepared, table["file"])
    if scanned is not None:
        table[list(scanned.columns)] = scanned.to_numpy()
    return table.astype({"is_grey": bool, "brightness": float, "contrast": float})


def measure_attributes(pixels: npt.NDArray[np.uint8]) -> tuple[float, float, bool, float]:
    """Brightness, contrast, whether grey, and sharpness of a picture `[side, side, 3]`."""
    levels = pixels @ np.array([0.299, 0.587, 0.114])
    contrast = float(levels.std())
    center = levels[1:-1, 1:-1]
    laplacian = levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:] - 4 * center
    red, green, blue = pixels.transpose(2, 0, 1)
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    is_gray = bool(np.quantile(spread, 0.99) < 2 * LEAST_COLOR)
    # By the contrast, since fog and dusk are not out of focus; an empty picture has no sharpness.
    return float(levels.mean()), contrast, is_gray, float(laplacian.std()) / max(contrast, 1.0)


def _read_scan(prepared: PreparedDataset, files: "pd.Series[str]") -> pd.DataFrame | None:
    """Brightness, contrast and colour as the scan remembers them; None where it does not know every picture."""
    try:
        manifest = read_manifest(prepared.folder, ("file", "contrast", "mode"))
        thumbnails = np.load(prepared.folder / THUMBNAILS, mmap_mode="r")
    except (UserError, OSError, ValueError):
        return None
    places = pd.Series(np.arange(len(manifest)), index=manifest["file"]).reindex(files)
    if len(thumbnails) != len(manifest) or places.isna().any():
        return None
    at = places.to_numpy(int)
    chosen = manifest.iloc[at]
    looks = np.asarray(thumbnails[at], np.float64)
    color = np.abs(looks[:, SIDE:] - 128).reshape(len(at), -1).max(axis=1, initial=0)
    return pd.DataFrame(
        {
            "brightness": looks[:, :SIDE].mean(axis=(1, 2)),
            "contrast": chosen["contrast"].to_numpy(float),
            "is_grey": chosen["mode"].isin(GRAY_MODES).to_numpy() | (color < LEAST_COLOR),
        }
    )
