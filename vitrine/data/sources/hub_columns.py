"""Which columns of a Hugging Face data set hold picture, class, split and group, and how their values read."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import datasets

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.files import UNREADABLE_CHARACTERS
from vitrine.errors import ParameterError, UserError

LABEL_TYPES = ("string", "large_string", "string_view", "bool", "int", "uint", "float")  # float: integers and a null
PICTURE_TYPES = ("string", "large_string", "binary", "large_binary")
LABEL_NAMES = ("label", "labels", "class", "category")


@dataclass(frozen=True)
class DatasetColumns:
    """Column names; None where there is no such column, or where it is not looked at."""

    image: str
    label: str | None
    split: str | None
    group: str | None
    subgroup: str | None = None

    def names(self) -> list[str]:
        """All that are read."""
        return [name for name in (self.image, self.label, self.split, self.group, self.subgroup) if name]


def choose_columns(
    features: datasets.Features, wanted: ColumnsSection, source: str, needs_label: bool = True
) -> DatasetColumns:
    """Finds the columns by the names that the recipe gives, else by type and usual name.

    Args:
        features: of the data set.
        wanted: names that the recipe gives.
        source: for messages.
        needs_label: whether more than the pictures is wanted.

    Raises:
        UserError: a name that is not there, a column of the wrong kind, or no or several columns that could be meant.
    """
    for role, name in wanted.model_dump().items():
        if name is not None and name not in features:
            lower = {column.lower(): column for column in features}
            close = get_close_matches(name.lower(), lower, n=1)
            hint = f"; did you mean '{lower[close[0]]}'?" if close else "."
            raise UserError(f"data.columns.{role}: {source} has no column '{name}'{hint} It has {_list(features)}")
    image = wanted.image or _find_image(features, source)
    if not _holds_pictures(features[image]):
        raise UserError(
            f"data.columns.image: the column '{image}' of {source} holds no pictures ({_kind(features[image])}); "
            f"it has {_list(features)}"
        )
    if not needs_label:
        return DatasetColumns(image, None, None, None)
    label = wanted.label or _find_label(features, source)
    if not _holds_names(features[label]):
        raise UserError(
            f"data.columns.label: the column '{label}' of {source} does not hold one class for each picture "
            f"({_kind(features[label])}); it has {_list(features)}"
        )
    return DatasetColumns(
        image,
        label,
        *(
            getattr(wanted, role) or (role if _holds_names(features.get(role)) else None)
            for role in ("split", "group", "subgroup")
        ),
    )


def value_reader(feature: Any, column: str, source: str) -> Callable[[Any], str]:
    """A function from a value of a column to its text; "" for what is missing (null, or -1 among named classes).

    A number with a fraction raises `UserError`: it is a measurement, no name.
    """
    if isinstance(feature, datasets.ClassLabel):
        names = [_printable(name) for name in feature.names]
        return lambda value: names[value] if value is not None and 0 <= value < len(names) else ""

    def read(value: Any) -> str:
        if value is None or value != value:  # NaN differs from itself
            return ""
        if isinstance(value, float):
            if not value.is_integer():
                raise UserError(
                    f"data.columns: the column '{column}' of {source} does not hold one class for each picture "
                    f"({_kind(feature)}, for example {value:g}); name another column"
                )
            value = int(value)
        return _printable(str(value))

    return read


def _find_image(features: datasets.Features, source: str) -> str:
    pictures = [str(name) for name, feature in features.items() if isinstance(feature, datasets.Image)]
    if len(pictures) == 1:
        return pictures[0]
    if "image" in features and _holds_pictures(features["image"]):
        return "image"
    if pictures:
        what = f"{source} has several columns of pictures ({', '.join(pictures)})"
        raise ParameterError("data.columns.image", what, "name one", "call the one that is meant 'image'")
    raise ParameterError(
        "data.columns.image",
        f"{source} has no column of pictures that could be found by itself",
        f"it has {_list(features)}. Set data.columns.image to the one with the pictures",
        f"it has {_list(features)}. Call the one with the pictures 'image'",
    )


def _find_label(features: datasets.Features, source: str) -> str:
    classes = [str(name) for name, feature in features.items() if isinstance(feature, datasets.ClassLabel)]
    usual = [name for name in LABEL_NAMES if _holds_names(features.get(name))]
    candidates = [name for name in usual if name in classes] or (classes if len(classes) == 1 else []) or usual
    if candidates:
        return candidates[0]
    if classes:
        raise UserError(f"data.columns.label: {source} has several columns of classes ({', '.join(classes)}); name one")
    raise UserError(
        f"data.columns.label: {source} has no column of classes that could be found by itself; it has "
        f"{_list(features)}. Set data.columns.label to the one with the classes; where the folders of a data set name "
        "the classes, download it and give the folder as data.source"
    )


def _holds_pictures(feature: Any) -> bool:
    if isinstance(feature, dict):  # pictures as other programs write them into Parquet: bytes and path
        return "bytes" in feature or "path" in feature
    return isinstance(feature, datasets.Image) or _dtype(feature) in PICTURE_TYPES


def _holds_names(feature: Any) -> bool:
    return isinstance(feature, datasets.ClassLabel) or _dtype(feature).rstrip("0123456789") in LABEL_TYPES


def _dtype(feature: Any) -> str:
    return str(feature.dtype) if isinstance(feature, datasets.Value) else ""


def _kind(feature: Any) -> str:
    return _dtype(feature) or type(feature).__name__


def _list(features: datasets.Features) -> str:
    return ", ".join(f"{name} ({_kind(feature)})" for name, feature in features.items())


def _printable(text: str) -> str:
    return UNREADABLE_CHARACTERS.sub(lambda found: ascii(found.group())[1:-1], text).strip()
