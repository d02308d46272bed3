"""Where curves go while a model trains, through Accelerate: TensorBoard, Trackio, MLflow."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal

from vitrine.errors import UserError

TrackerName = Literal["tensorboard", "trackio", "mlflow", "none"]


def check_tracker(name: TrackerName) -> None:
    """Makes sure that the tracker's library is there.

    Raises:
        UserError: it is not; the message says how to install it.
    """
    if name != "none" and find_spec(name) is None:
        raise UserError(
            f"engine.tracker: {name} is not installed; run `pip install {name}`, or set engine.tracker=tensorboard"
        )


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    """One level of names with dots and plain values, the only kind that all trackers take."""
    flat: dict[str, str | int | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, str | int | float | bool) else str(value)
    return flat
