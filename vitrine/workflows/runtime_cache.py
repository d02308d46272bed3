"""What is kept of the runtimes of a model, in the cache of the user: its ONNX file, and which runtime is the fastest.

Both lie below the checksums of the model's files, so that a model that is moved or renamed is not measured again.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import vitrine
from vitrine.errors import UserError, first_line
from vitrine.predict.predictor import Predictor
from vitrine.records.cache import cache_folder
from vitrine.records.checksums import sum_files
from vitrine.records.locks import hold_lock
from vitrine.records.runtime import RuntimeChoice
from vitrine.work.local import count_cores

EXPORT_FORMAT = 1  # raise it with every change of `ship/export.py` that makes another file of the same model
MODEL_FILE, CHOICE_FILE, LOCK = "model.onnx", "runtime.json", "measuring.lock"
KEPT_DAYS = 90  # since it was last of use
EXPORTERS = ("torch", "onnx", "onnxscript", "timm", "transformers")
PACKAGES = ("torch", "onnxruntime", "onnxruntime-gpu", "openvino", "timm", "transformers")
# Which devices and how many threads a runtime takes.
VARIABLES = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
LOADED = (".json", ".safetensors", ".bin")  # what transformers opens of a folder; others' weights may be in .bin alone


class CacheError(UserError):
    """Nothing can be kept; another time it may."""


def digest_model(predictor: Predictor) -> str:
    """A short name of a model's content, whatever it is called and wherever it lies."""
    file = Path(predictor.model_id).expanduser()
    return _digest_file(file) if file.is_file() else _digest(predictor.folder)


def find_cache(model: Path) -> Path:
    """Where what belongs to a model of just these files is kept; of a folder, by these versions of what exports it.

    Args:
        model: its folder or ONNX file.
    """
    if model.is_file():
        return _find_root() / _digest_file(model)
    versions = "; ".join((vitrine.__version__, f"export {EXPORT_FORMAT}", *map(_version, EXPORTERS)))
    return _find_root() / f"{_digest(model)}_{hashlib.sha256(versions.encode()).hexdigest()[:8]}"


def _find_root() -> Path:
    return cache_folder() / "runtimes"


def _digest_file(file: Path) -> str:
    return sum_files(file.parent, [file.name])[file.name].sha256[:16]


def _digest(folder: Path) -> str:
    files = sorted(path.name for path in folder.iterdir() if path.suffix in LOADED)
    sums = {file: one.model_dump(mode="json") for file, one in sum_files(folder, files).items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()[:16]


def read_choice(cache: Path, threads: int | None) -> RuntimeChoice | None:
    """What was measured on this machine; None where it has to be measured.

    Args:
        cache: of `find_cache`.
        threads: that compute a batch together, as they were asked for.
    """
    try:
        choice = RuntimeChoice.read(cache / CHOICE_FILE)
    except UserError:  # not there, of another version, or cut off
        return None
    mark_used(cache)
    return choice if choice.machine == describe_machine(threads) else None


def keep_choice(choice: RuntimeChoice, cache: Path, say: Callable[[str], None]) -> None:
    """Writes it, or says why it cannot; what has been of no use for long makes way."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        choice.write(cache / CHOICE_FILE)
    except OSError as error:
        say(f"that is measured again next time, since it cannot be kept in {cache} ({first_line(error)})")
    remove_old()


def check_writable(cache: Path) -> None:
    """Before something is made for it that takes minutes.

    Raises:
        CacheError: it cannot be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        raise CacheError(
            f"{cache} cannot be written ({first_line(error)}); set XDG_CACHE_HOME to a folder that can, or leave "
            "--runtime out"
        ) from error


def mark_used(cache: Path) -> None:
    """Has it kept on."""
    with suppress(OSError):
        os.utime(cache)


def remove_old() -> None:
    """Removes what has been of no use for long: a model that is trained again leaves a file of the old one."""
    with suppress(OSError):
        for cache in _find_root().iterdir():
            if cache.is_dir() and time.time() - cache.stat().st_mtime > KEPT_DAYS * 24 * 3600:
                shutil.rmtree(cache, ignore_errors=True)


@contextmanager
def measuring_alone() -> Iterator[None]:
    """Has one process of this user at a time measure and export: two would measure each other."""
    root = _find_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(root, os.W_OK)
    except OSError:
        is_writable = False
    with hold_lock(root / LOCK) if is_writable else nullcontext():
        yield


def describe_machine(threads: int | None = None) -> str:
    """Processor, cores, devices and versions: what a measured time depends on.

    Args:
        threads: that compute a batch together, as they were asked for.
    """
    cores = f"{count_cores()} of {os.cpu_count()} cores, {threads or 'all'} threads, quota {_read_quota()}"
    devices = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    variables = [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]
    versions = (*map(_version, PACKAGES), f"vitrine {vitrine.__version__}")
    return "; ".join((_processor(), cores, *devices, *variables, *versions))


def _read_quota() -> str:
    """Of processor time that a container has."""
    try:
        return Path("/sys/fs/cgroup/cpu.max").read_text("utf-8").strip()
    except OSError:
        return "none"


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
