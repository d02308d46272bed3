"""Whether a model is as it was written: the files of its folder by their checksums, its weights by being numbers."""

from pathlib import Path

import torch
from torch import nn

from vitrine.errors import UserError
from vitrine.models.hub_files import is_inside
from vitrine.records.checksums import Checksums, Damage, find_damage, sum_files
from vitrine.records.model import METADATA, ModelMetadata

# Changed at will: the card on the Hub, and what other programs leave in a folder.
NOT_SUMMED = (METADATA, "README.md")
LOADED = (".json", ".safetensors")  # without these there is no model; pictures and code may be left out of a copy


def sum_model(folder: Path) -> Checksums:
    """Checksums of the files of a finished model folder."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sum_files(folder, [file for file in files if file not in NOT_SUMMED and not file.startswith(".")])


def read_checksums(folder: Path) -> Checksums:
    """Checksums of a model's files as it was written; what leads out of the folder is none of them, and is passed over.

    Raises:
        UserError: `vitrine.json` cannot be read.
    """
    if not (folder / METADATA).exists():
        return {}
    return {file: one for file, one in ModelMetadata.read(folder / METADATA).files.items() if is_inside(folder, file)}


def find_model_damage(folder: Path, full: bool) -> list[Damage]:
    """Files of a model folder that are not as they were written; none where nobody noted how that was.

    Args:
        folder: of a model.
        full: whether every file is read; without, only the sizes of those that are loaded are compared.

    Raises:
        UserError: `vitrine.json` cannot be read.
    """
    sums = read_checksums(folder)
    if not full:
        sums = {file: one for file, one in sums.items() if "/" not in file and file.endswith(LOADED)}
    return find_damage(folder, sums, full)


def check_model_files(folder: Path, full: bool = False) -> None:
    """Makes sure that a model is as it was written; arguments as for `find_model_damage`.

    Raises:
        UserError: the first file that is missing or damaged.
    """
    damage = find_model_damage(folder, full)
    if damage:
        more = f" (and {len(damage) - 1:,} more)" if len(damage) > 1 else ""
        raise UserError(
            f"{folder}: {damage[0]}{more}; get the whole model folder again, or train again (or, if you changed it, "
            f'remove its entry below "files" and the line "checksum" from {METADATA})'
        )


def check_weights(model: nn.Module, model_id: str) -> None:
    """Makes sure that every weight is a number: one that is not makes every answer NaN.

    Args:
        model: loaded, or trained.
        model_id: what it was loaded by, for the message.

    Raises:
        UserError: names the first part that holds NaN or infinite values, and how many.
    """
    for name, values in model.state_dict().items():
        if values.is_floating_point() and not values.is_meta and not bool(torch.isfinite(values).all()):
            count = int((~torch.isfinite(values)).sum())
            raise UserError(
                f"{model_id}: {count:,} of the {values.numel():,} weights of {name} are not numbers (NaN or infinite), "
                "so that it cannot answer; get the whole model again, or train again with a lower optim.learning_rate"
            )
