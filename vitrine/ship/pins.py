"""The exact versions that a bundle installs: those with which it was made, of what its page needs and nothing else."""

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vitrine.errors import UserError

# What the rooms of a bundle import. Neither torch nor transformers: ONNX Runtime computes.
LIBRARIES = (
    "babel", "fastapi-offline", "filelock", "gradio", "huggingface-hub", "httpx2", "limits", "nanoarrow", "numpy",
    "onnxruntime", "pi-heif", "pillow", "prometheus-client", "psutil", "pydantic", "pyyaml",
)  # fmt: skip
PYTHON = "3.12.12"  # one of the two that ZeroGPU Spaces have; a Space without a version gets 3.10, which is too old


def pin_libraries(libraries: Iterable[str] = LIBRARIES, python: str = PYTHON) -> dict[str, str]:
    """Versions of libraries and of all that they need on Linux, by name, as they are installed here.

    Args:
        libraries: by their names in the package index.
        python: version that they are for, in full.

    Raises:
        UserError: one of them is not installed here.
    """
    pins: dict[str, str] = {}
    waiting = [(name, frozenset[str]()) for name in libraries]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        try:
            pins[canonicalize_name(name)] = version(name)
        except PackageNotFoundError:
            raise UserError(f"{name} is not installed here; install Vitrine with all its requirements") from None
        waiting += _needed_by(name, extras, python)
    return dict(sorted(pins.items()))


def _needed_by(name: str, extras: frozenset[str], python: str) -> Iterator[tuple[str, frozenset[str]]]:
    place = {
        "python_version": ".".join(python.split(".")[:2]), "python_full_version": python, "sys_platform": "linux",
        "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip
    for line in requires(name) or ():
        needed = Requirement(line)
        applies = (
            [needed.marker.evaluate(place | {"extra": extra}) for extra in ("", *extras)] if needed.marker else [True]
        )
        if any(applies):
            yield needed.name, frozenset(needed.extras)
