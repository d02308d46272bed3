"""A model with the runtime that answers fastest on this machine: exported once, measured once, remembered.

What was measured, and the ONNX file of a model folder, lie in the cache of the user, below the checksums of the model.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import vitrine
from vitrine.errors import UserError, first_line
from vitrine.models.hub_files import find_model_folder
from vitrine.predict.golden import ask_golden, draw_golden, measure_deviation
from vitrine.predict.latency import measure_latency
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Network
from vitrine.records.cache import cache_folder
from vitrine.records.checksums import sum_files
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.onnx_checksum import has_checksum, has_onnx_suffix, is_as_written
from vitrine.records.runtime import Runtime, RuntimeChoice

Asked = Literal["auto", "torch", "onnxruntime", "openvino"]
ASKED: tuple[Asked, ...] = ("auto", "torch", "onnxruntime", "openvino")
RUNTIMES: tuple[Runtime, ...] = ("torch", "onnxruntime", "openvino")
TOLERANCE = 1e-4  # in probability, to torch
LEAST_GAIN = 0.95  # another runtime than torch must take less than this share of its time
MODEL_FILE, CHOICE_FILE = "model.onnx", "runtime.json"
PACKAGES = ("torch", "onnxruntime", "openvino")
EXPORTERS = ("torch", "onnx", "onnxscript")
LOADED = (".json", ".safetensors", ".bin")  # what transformers opens of a folder; others' weights may be in .bin alone


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
    if _is_onnx_file(model_id):
        return _load_file(model_id, asked, say, threads)
    if asked in (None, "torch"):
        return Predictor.load(model_id)
    folder = find_model_folder(model_id)
    cache = find_cache(folder)

    def open_by(runtime: Runtime) -> Predictor:
        if runtime == "torch":
            return Predictor.load(model_id)
        return _open_export(model_id, folder, _export(model_id, cache / MODEL_FILE, say), runtime, threads)

    if asked == "onnxruntime" or asked == "openvino":
        return open_by(asked)
    choice = _read_choice(cache / CHOICE_FILE) or _measure(RUNTIMES, open_by, cache / CHOICE_FILE, TOLERANCE, say)
    return open_by(choice.chosen)


def _is_onnx_file(model_id: str) -> bool:
    return has_onnx_suffix(model_id) and not Path(model_id).is_dir()


def _load_file(model_id: str, asked: Asked | None, say: Callable[[str], None], threads: int | None) -> Predictor:
    """An ONNX file; each runtime answers its golden pictures before it is used."""
    if asked == "torch":
        raise UserError(f"{model_id}: torch does not compute ONNX files; leave --runtime out")

    def open_by(runtime: Runtime) -> Predictor:
        return Predictor.load(model_id, threads, _choose_opener(runtime))

    if asked != "auto":
        return open_by(asked or "onnxruntime")
    kept = _find_root() / _digest_file(Path(model_id).expanduser()) / CHOICE_FILE
    try:
        choice = _read_choice(kept) or _measure(RUNTIMES[1:], open_by, kept, None, say)
        return open_by(choice.chosen)
    except UserError as error:
        return _open_otherwise(open_by, error, say)


def _open_otherwise(open_by: Callable[[Runtime], Predictor], fault: UserError, say: Callable[[str], None]) -> Predictor:
    """By OpenVINO, where ONNX Runtime does not compute a file rightly; raises the fault where neither does."""
    try:
        predictor = open_by("openvino")
    except UserError:
        raise fault from None
    say(f"onnxruntime is not used: {first_line(fault)}")
    return predictor


def digest_model(predictor: Predictor) -> str:
    """A short name of a model's content, whatever it is called and wherever it lies."""
    file = Path(predictor.model_id).expanduser()
    return _digest_file(file) if file.is_file() else _digest(predictor.folder)


def find_cache(folder: Path) -> Path:
    """Where what belongs to a model of just these files is kept, by these versions of what exports it.

    Args:
        folder: of the model.
    """
    versions = "; ".join((vitrine.__version__, *map(_version, EXPORTERS)))
    return _find_root() / f"{_digest(folder)}_{hashlib.sha256(versions.encode()).hexdigest()[:8]}"


def _find_root() -> Path:
    return cache_folder() / "runtimes"


def _digest_file(file: Path) -> str:
    return sum_files(file.parent, [file.name])[file.name].sha256[:16] if file.is_file() else ""


def _digest(folder: Path) -> str:
    files = sorted(path.name for path in folder.iterdir() if path.suffix in LOADED)
    sums = {file: one.model_dump(mode="json") for file, one in sum_files(folder, files).items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()[:16]


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


def _export(model_id: str, file: Path, say: Callable[[str], None]) -> Path:
    """The ONNX file in the cache, written where it is not there yet, or is damaged."""
    if not file.is_file() or not has_checksum(file) or not is_as_written(file):
        from vitrine.ship.export import export_onnx

        say(f"making an ONNX file of {model_id}, once")
        export_onnx(model_id, file)
    return file


def _read_choice(file: Path) -> RuntimeChoice | None:
    if not file.is_file():
        return None
    try:
        choice = RuntimeChoice.read(file)
    except UserError:  # of another version, or cut off: it is measured anew
        return None
    return choice if choice.machine == describe_machine() else None


def _measure(
    runtimes: Sequence[Runtime],
    open_by: Callable[[Runtime], Predictor],
    kept: Path,
    tolerance: float | None,
    say: Callable[[str], None],
) -> RuntimeChoice:
    """Which of them answers fastest: the first, unless another gains.

    Args:
        runtimes: that may compute the model.
        open_by: opens it.
        kept: file of the choice, to write.
        tolerance: in probability, to what the first says; None where opening checks the answers.
        say: is told the choice, and what is not used and why.
    """
    usual = open_by(runtimes[0])
    right = ask_golden(usual.network, usual.preprocess, _side(usual)).tolist()
    seconds: dict[Runtime, float] = {runtimes[0]: measure_latency(usual)}
    left_out: dict[Runtime, str] = {}
    for runtime in runtimes[1:]:
        try:
            other = open_by(runtime)
        except (UserError, OSError) as error:
            left_out[runtime] = first_line(error)
            if not isinstance(error.__cause__, ImportError):  # what is not installed is missed by nobody
                say(f"{runtime} is not used: {left_out[runtime]}")
            continue
        deviation = measure_deviation(ask_golden(other.network, other.preprocess, _side(usual)), right)
        if tolerance is not None and deviation > tolerance:
            left_out[runtime] = f"its answers differ by {deviation:.2g}"
            say(f"{runtime} is not used: {left_out[runtime]} where {tolerance:g} is allowed")
        else:
            seconds[runtime] = measure_latency(other)
    fastest = min(seconds, key=lambda name: seconds[name])
    chosen = fastest if seconds[fastest] <= LEAST_GAIN * seconds[runtimes[0]] else runtimes[0]
    choice = RuntimeChoice(machine=describe_machine(), chosen=chosen, seconds=seconds, left_out=left_out)
    times = ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in seconds.items())
    say(f"{chosen} answers ({times} a picture)")
    if "onnxruntime" not in left_out:
        _keep(choice, kept, say)
    return choice


def _keep(choice: RuntimeChoice, file: Path, say: Callable[[str], None]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        choice.write(file)
    except OSError as error:
        say(f"that is measured again next time, since it cannot be kept in {file.parent} ({first_line(error)})")


def _side(predictor: Predictor) -> int:
    return int(predictor.pixels(draw_golden(64)[:1]).shape[-1])


def describe_machine() -> str:
    """Processor, cores and versions: what a measured time depends on."""
    versions = (*map(_version, PACKAGES), f"vitrine {vitrine.__version__}")
    return "; ".join((_processor(), f"{os.cpu_count()} cores", *versions))


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
