"""A model with the runtime that is asked for, or the one that answers fastest on this machine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from vitrine.errors import UserError, needing_packages
from vitrine.models.hub_files import find_model_folder
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Network
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.onnx_checksum import has_checksum, has_onnx_suffix, is_as_written
from vitrine.records.runtime import Runtime
from vitrine.workflows.runtime_cache import MODEL_FILE, check_writable, find_cache, mark_used, remove_old
from vitrine.workflows.runtime_choice import open_fastest

Asked = Literal["auto", "torch", "onnxruntime", "openvino"]
ASKED: tuple[Asked, ...] = ("auto", "torch", "onnxruntime", "openvino")
RUNTIMES: tuple[Runtime, ...] = ("torch", "onnxruntime", "openvino")


def load_predictor(
    model_id: str,
    asked: Asked | None = None,
    say: Callable[[str], None] = lambda _: None,
    threads: int | None = None,
) -> Predictor:
    """Loads a model to be computed by the runtime that is asked for.

    Args:
        model_id: as for `Predictor.load`; an ONNX file is computed by ONNX Runtime or OpenVINO.
        asked: "auto" takes the fastest that gives torch's answers, or of an ONNX file those that it was written with;
            None: torch, or of an ONNX file ONNX Runtime.
        say: is told what takes time, and what is not used and why.
        threads: see `Predictor.load`.

    Raises:
        UserError: the model cannot be loaded, or not by that runtime.
    """
    if has_onnx_suffix(model_id) and not Path(model_id).is_dir():
        return _load_file(model_id, asked, say, threads)
    if asked in (None, "torch"):
        return Predictor.load(model_id)
    folder = find_model_folder(model_id)
    cache = find_cache(folder)
    export = _trying_once(lambda: _export(model_id, cache / MODEL_FILE, say))

    def open_by(runtime: Runtime) -> Predictor:
        if runtime == "torch":
            return Predictor.load(model_id)
        return _open_export(model_id, folder, export(), runtime, threads)

    if asked == "onnxruntime" or asked == "openvino":
        return open_by(asked)
    return open_fastest(RUNTIMES, open_by, cache, threads, say)


def _load_file(model_id: str, asked: Asked | None, say: Callable[[str], None], threads: int | None) -> Predictor:
    """An ONNX file; each runtime answers its golden pictures before it is used."""
    if asked == "torch":
        raise UserError(f"{model_id}: torch does not compute ONNX files; leave --runtime out")
    file = Path(model_id).expanduser()

    def open_by(runtime: Runtime) -> Predictor:
        return Predictor.load(model_id, threads, _choose_opener(runtime))

    if asked != "auto":
        return open_by(asked or "onnxruntime")
    if not file.is_file():
        return open_by("onnxruntime")  # which says so
    return open_fastest(RUNTIMES[1:], open_by, find_cache(file), threads, say)


def _open_export(model_id: str, folder: Path, file: Path, runtime: Runtime, threads: int | None) -> Predictor:
    """The ONNX file of a model folder, as that folder."""
    predictor = Predictor.load(str(file), threads, _choose_opener(runtime))
    # The file has no examples, and its name says nothing to people.
    metadata = ModelMetadata.read(folder / METADATA) if (folder / METADATA).exists() else None
    return replace(predictor, model_id=model_id, folder=folder, metadata=metadata)


def _choose_opener(runtime: Runtime) -> Callable[[Path, int | None], Network] | None:
    """What opens an ONNX file in place of ONNX Runtime."""
    if runtime != "openvino":
        return None
    from vitrine.predict.runtimes.openvino import open_openvino

    return open_openvino


def _trying_once(export: Callable[[], Path]) -> Callable[[], Path]:
    """Has a failure told again and not tried again, since two runtimes want the file."""
    faults: list[UserError | OSError] = []

    def call() -> Path:
        if faults:
            raise faults[0]
        try:
            return export()
        except (UserError, OSError) as error:
            faults.append(error)
            raise

    return call


def _export(model_id: str, file: Path, say: Callable[[str], None]) -> Path:
    """The ONNX file in the cache, written where it is not there yet, or is damaged."""
    if not file.is_file() or not has_checksum(file) or not is_as_written(file):
        check_writable(file.parent)
        with needing_packages("an ONNX file of it"):
            from vitrine.ship.export import export_onnx

        say(f"making an ONNX file of {model_id}, once")
        export_onnx(model_id, file)
        remove_old()
    mark_used(file.parent)
    return file
