"""Whether a prepared data set or a model is, byte for byte, what was written."""

from dataclasses import dataclass
from pathlib import Path

from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError, first_line
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.checksums import Checksums, Damage
from vitrine.records.onnx_checksum import ONNX_SUFFIX, has_checksum, has_onnx_suffix, is_as_written
from vitrine.records.prepared import FACTS, MANIFEST, read_facts
from vitrine.workflows.parameters import Place


@dataclass(frozen=True)
class Verified:
    """What was found in a folder.

    Attributes:
        folder: that was looked at; of a run, that of its model.
        files: how many have a checksum; 0 where an earlier version, or another program, wrote the folder.
        size_bytes: of these files together.
        damage: what is not as it was written.
        remedy: what to do about damage.
    """

    folder: Path
    files: int
    size_bytes: int
    damage: tuple[Damage, ...]
    remedy: str


def verify(place: Place) -> Verified:
    """Reads every file of a prepared data set, a model folder or file, or a run's model, and compares its checksum.

    Of a model, every weight must be a number, too. An ONNX file that notes no checksum must be one that can be opened.

    Raises:
        UserError: the folder is none of them, or what holds the checksums is damaged itself.
    """
    folder = make_local(Path(place).expanduser(), full=True)
    if has_onnx_suffix(folder.suffix) and folder.is_file():
        return _verify_onnx(folder)
    if (folder / FACTS).exists() or (folder / MANIFEST).exists():
        return _verify_data_set(folder)
    if (folder / run_folder.MODEL / "config.json").exists():
        folder = folder / run_folder.MODEL
    if (folder / "config.json").exists():
        return _verify_model(folder)
    raise UserError(f"{folder}: neither a prepared data set ({FACTS}), a run, nor a model (config.json, {ONNX_SUFFIX})")


def _verify_data_set(folder: Path) -> Verified:
    from vitrine.data.prepare.damage import find_damage_in

    sums = read_facts(folder).files if (folder / FACTS).exists() else {}
    remedy = f"run `{command_line('prepare')}` with the same recipe again: it mends what is damaged and keeps the split"
    return _conclude(folder, sums, find_damage_in(folder), remedy)


def _verify_model(folder: Path) -> Verified:
    from vitrine.models.damage import find_model_damage, read_checksums
    from vitrine.models.folder import load_model
    from vitrine.models.quiet import silence_transformers

    silence_transformers()
    sums = read_checksums(folder)
    damage = find_model_damage(folder, full=True)
    if not damage:
        load_model(str(folder))  # refuses weights that are missing or not numbers
    return _conclude(folder, sums, damage, "get the whole model folder again, or train again")


def _verify_onnx(file: Path) -> Verified:
    damage = _find_onnx_damage(file)
    remedy = f"get the file again, or write it again with `{command_line('export')}`"
    return Verified(file, int(has_checksum(file)), file.stat().st_size, tuple(damage), remedy)


def _find_onnx_damage(file: Path) -> list[Damage]:
    if has_checksum(file):
        return [] if is_as_written(file) else [Damage(file.name, "does not hold what was written")]
    from vitrine.predict.runtimes.onnx import open_session

    try:
        open_session(str(file))  # the checksum stands at the end: a file that was cut short has lost it
    except Exception as error:  # onnxruntime's errors have no common class that it makes public
        return [Damage(file.name, f"cannot be read as an ONNX file ({first_line(error)})")]
    return []


def _conclude(folder: Path, sums: Checksums, damage: list[Damage], remedy: str) -> Verified:
    size = sum(one.size_bytes for one in sums.values())
    return Verified(folder, len(sums), size, tuple(damage), remedy)
