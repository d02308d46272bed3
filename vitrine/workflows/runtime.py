"""A model with the runtime that answers fastest on this machine: exported once, measured once, remembered.

The ONNX file and what was measured lie in the cache of the user, below the checksums of the model's files.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from vitrine.errors import UserError
from vitrine.models.hub_files import find_model_folder
from vitrine.predict.golden import ask_golden, draw_golden, measure_deviation
from vitrine.predict.latency import measure_latency
from vitrine.predict.predictor import ONNX_SUFFIX, Predictor
from vitrine.records.checksums import sum_files
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.runtime import Runtime, RuntimeChoice

Asked = Literal["auto", "torch", "onnxruntime", "openvino"]
ASKED: tuple[Asked, ...] = ("auto", "torch", "onnxruntime", "openvino")
RUNTIMES: tuple[Runtime, ...] = ("torch", "onnxruntime", "openvino")
TOLERANCE = 1e-4  # in probability, to torch
LEAST_GAIN = 0.95  # another runtime than torch must take less than this share of its time
MODEL_FILE, CHOICE_FILE = "model.onnx", "runtime.json"
PACKAGES = ("torch", "onnxruntime", "openvino", "vitrine")


def load_predictor(
    model_id: str,
    asked: Asked | None = None,
    say: Callable[[str], None] = lambda _: None,
    threads: int | None = None,
) -> Predictor:
    """Loads a model to be computed by the runtime that is asked for.

    Args:
        model_id: as for `Predictor.load`; an ONNX file is computed by ONNX Runtime or OpenVINO.
        asked: "auto" takes the fastest that gives torch's answers; None: torch, or of an ONNX file ONNX Runtime.
        say: is told what takes time, and what is not used and why.
        threads: see `Predictor.load`.

    Raises:
        UserError: the model cannot be loaded, or not by that runtime.
    """
    if model_id.endswith(ONNX_SUFFIX) and not Path(model_id).is_dir():
        if asked == "torch":
            raise UserError(f"{model_id}: torch does not compute ONNX files; leave --runtime out")
        predictor = Predictor.load(model_id, threads)
        return _by_openvino(predictor, Path(model_id).expanduser(), threads) if asked == "openvino" else predictor
    if asked in (None, "torch"):
        return Predictor.load(model_id)
    folder = find_model_folder(model_id)
    cache = find_cache(folder)
    if asked == "onnxruntime" or asked == "openvino":
        return _open(model_id, folder, _export(model_id, cache / MODEL_FILE, say), asked, threads)
    choice = _read_choice(cache / CHOICE_FILE) or _measure(model_id, folder, cache, say)
    return _open(model_id, folder, cache / MODEL_FILE, choice.chosen, threads)


def digest_model(predictor: Predictor) -> str:
    """A short name of a model's content, whatever it is called and wherever it lies."""
    file = Path(predictor.model_id).expanduser()
    if file.is_file():
        return sum_files(file.parent, [file.name])[file.name].sha256[:16]
    return _digest(predictor.folder)


def find_cache(folder: Path) -> Path:
    """Where what belongs to a model of just these files is kept.

    Args:
        folder: of the model.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return root / "vitrine" / "runtimes" / _digest(folder)


def _digest(folder: Path) -> str:
    files = sorted(path.name for path in folder.iterdir() if path.suffix in (".json", ".safetensors"))
    sums = {file: one.model_dump(mode="json") for file, one in sum_files(folder, files).items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()[:16]


def _open(model_id: str, folder: Path, file: Path, runtime: Runtime, threads: int | None = None) -> Predictor:
    if runtime == "torch":
        return Predictor.load(model_id)
    predictor = Predictor.load(str(file), threads)
    if runtime == "openvino":
        predictor = _by_openvino(predictor, file, threads)
    # The file has no examples, and its name says nothing to people.
    metadata = ModelMetadata.read(folder / METADATA) if (folder / METADATA).exists() else None
    return replace(predictor, model_id=model_id, folder=folder, metadata=metadata)


def _by_openvino(predictor: Predictor, file: Path, threads: int | None) -> Predictor:
    from vitrine.predict.runtimes.openvino import open_openvino

    return replace(predictor, network=open_openvino(file, threads))


def _export(model_id: str, file: Path, say: Callable[[str], None]) -> Path:
    """The ONNX file in the cache, written where it is not there yet."""
    if not file.is_file():
        from vitrine.ship.export import export_onnx

        say(f"making an ONNX file of {model_id}, once")
        export_onnx(model_id, file)
    return file


def _read_choice(file: Path) -> RuntimeChoice | None:
    if not file.is_file() or not file.with_name(MODEL_FILE).is_file():
        return None
    try:
        choice = RuntimeChoice.read(file)
    except UserError:  # of another version, or cut off: it is measured anew
        return None
    return choice if choice.machine == describe_machine() else None


def _measure(model_id: str, folder: Path, cache: Path, say: Callable[[str], None]) -> RuntimeChoice:
    torch = Predictor.load(model_id)
    right = ask_golden(torch.network, torch.preprocess, _side(torch)).tolist()
    seconds: dict[Runtime, float] = {"torch": measure_latency(torch)}
    left_out: dict[Runtime, str] = {}
    for runtime in RUNTIMES[1:]:
        try:
            other = _open(model_id, folder, _export(model_id, cache / MODEL_FILE, say), runtime)
        except (UserError, OSError) as error:
            left_out[runtime] = str(error)
            continue
        deviation = measure_deviation(ask_golden(other.network, other.preprocess, _side(torch)), right)
        if deviation > TOLERANCE:
            left_out[runtime] = f"its answers differ by {deviation:.2g}"
            say(f"{runtime} is not used: {left_out[runtime]} where {TOLERANCE:g} is allowed")
        else:
            seconds[runtime] = measure_latency(other)
    fastest = min(seconds, key=lambda name: seconds[name])
    chosen = fastest if seconds[fastest] <= LEAST_GAIN * seconds["torch"] else "torch"
    choice = RuntimeChoice(machine=describe_machine(), chosen=chosen, seconds=seconds, left_out=left_out)
    times = ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in seconds.items())
    say(f"{chosen} answers ({times} a picture)")
    if "onnxruntime" not in left_out:
        choice.write(cache / CHOICE_FILE)
    return choice


def _side(predictor: Predictor) -> int:
    return int(predictor.pixels(draw_golden(64)[:1]).shape[-1])


def describe_machine() -> str:
    """Processor, cores and versions: what a measured time depends on."""
    return "; ".join((_processor(), f"{os.cpu_count()} cores", *map(_version, PACKAGES)))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    facts = {line.split(":")[0].strip(): line for line in lines if ":" in line}
    told = "".join(facts.get(name, "") for name in ("model name", "flags", "Features"))
    return f"{platform.machine()} {hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"
