"""The files of a model that are published: which go, what is taken out of them, and what stays here."""

import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image

from vitrine.errors import UserError
from vitrine.models.damage import check_model_files
from vitrine.models.folder import save_metadata
from vitrine.models.hub_files import is_inside
from vitrine.records.model import METADATA, Example, ModelMetadata
from vitrine.records.prepared import CARD
from vitrine.records.public import hide_places, public_metadata

SETTINGS = ("config.json", "preprocessor_config.json")
WEIGHTS = ".safetensors"  # other formats can run code when they are opened
CODE = ".py"  # of our own classes, beside the weights


@dataclass(frozen=True)
class StagedModel:
    """A copy of a model that holds nothing but what is published.

    Attributes:
        folder: of the copy.
        sizes: bytes of its files, by path.
        examples: pictures among them.
        stays: files of the model folder that do not go.
    """

    folder: Path
    sizes: Mapping[str, int]
    examples: tuple[Example, ...]
    stays: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(self.sizes.values())


def stage_model(model: Path, folder: Path, metadata: ModelMetadata, with_examples: bool) -> StagedModel:
    """Copies what is published of a model: all but its card.

    Args:
        model: its folder.
        folder: empty; is filled.
        metadata: of the model.
        with_examples: whether the pictures that show what it knows go along.

    Raises:
        UserError: the model is damaged, or has no safetensors weights.
    """
    check_model_files(model, full=True)
    examples = tuple(one for one in metadata.examples if with_examples and is_inside(model, one.file))
    files = [path.relative_to(model).as_posix() for path in sorted(model.rglob("*")) if path.is_file()]
    code_and_weights = [name for name in files if "/" not in name and name.endswith((WEIGHTS, CODE))]
    if not any(name.endswith(WEIGHTS) for name in code_and_weights):
        raise UserError(f"{model} has no weights as {WEIGHTS}; other formats are not published: they can run code")
    for name in code_and_weights:
        _link(model / name, folder / name)
    for name in SETTINGS:
        if (model / name).exists():
            _copy_settings(model / name, folder / name)
    for one in examples:
        (folder / one.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / one.file).write_bytes(plain_picture(model / one.file))
    save_metadata(folder, public_metadata(metadata).model_copy(update={"examples": list(examples)}))
    sizes = measure_files(folder)
    return StagedModel(folder, sizes, examples, tuple(name for name in files if name not in {*sizes, CARD}))


def measure_files(folder: Path) -> dict[str, int]:
    """Bytes of all files of a folder, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def check_no_places(folder: Path, places: Mapping[str, Path]) -> None:
    """Makes sure that no text tells where it was made.

    Args:
        folder: whose texts are read.
        places: folders of this machine, by what they are.

    Raises:
        UserError: one of them stands in a file.
    """
    texts = [path for path in folder.rglob("*") if path.suffix in (".json", ".md", CODE)]
    for path in sorted(texts):
        content = path.read_text("utf-8")
        for what, place in places.items():
            # The root, or a folder right below it, is a part of too many words to be a sign of anything.
            if len(place.parts) > 2 and any(written in content for written in _spellings(place)):
                raise UserError(
                    f"{path.relative_to(folder)} names {what} ({place}), which would be told to all; take it out of "
                    f"the file, and its checksum out of {METADATA}"
                )


def _spellings(place: PurePath) -> set[str]:
    """A path as texts have it: also with slashes alone, and as JSON writes backslashes and other letters."""
    plain = str(place)
    in_json = (json.dumps(plain, ensure_ascii=is_plain)[1:-1] for is_plain in (True, False))
    return {plain, place.as_posix(), *in_json}


def _copy_settings(source: Path, target: Path) -> None:
    """As it is where it names no folder of this machine."""
    settings = json.loads(source.read_text("utf-8"))
    public = hide_places(settings)
    if public == settings:
        shutil.copyfile(source, target)
    else:
        target.write_text(json.dumps(public, indent=2, ensure_ascii=False), encoding="utf-8")


def _link(source: Path, target: Path) -> None:
    """A second name for a large file where the disk can do that, else a copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def plain_picture(path: Path) -> bytes:
    """The pixels of a picture as PNG and nothing else: no EXIF, no place, no text, no profile."""
    stream = io.BytesIO()
    with Image.open(path) as picture:
        pixels = picture.convert("RGB")
    plain = Image.frombytes("RGB", pixels.size, pixels.tobytes())
    plain.save(stream, "PNG")
    return stream.getvalue()
