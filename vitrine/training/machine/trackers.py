"""Where curves go while a model trains, through Accelerate: TensorBoard, Trackio, MLflow."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from vitrine.errors import UserError
from vitrine.records.folder import UNFINISHED

TrackerName = Literal["tensorboard", "trackio", "mlflow", "none"]


def check_tracker(name: TrackerName) -> None:
    """Makes sure that the tracker's library is there.

    Raises:
        UserError: it is not; the message says how to install it.
    """
    if name != "none" and find_spec(name) is None:
        raise UserError(
            f"engine.tracker: {name} is not installed; run `pip install {name}` (Vitrine's extra `trackers` holds it "
            "too), or set engine.tracker=tensorboard"
        )


def name_run(folder: Path) -> dict[str, dict[str, str]]:
    """What each tracker calls the run of a folder, which has its name to be found by."""
    name = folder.name.removesuffix(UNFINISHED)
    return {"trackio": {"name": name}, "mlflow": {"run_name": name}}


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    """One level of names with dots and plain values, the only kind that all trackers take."""
    flat: dict[str, str | int | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, str | int | float | bool) else str(value)
    return flat
