"""What a run was made with: versions, device, commit, time."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import vitrine

LIBRARIES = (
    "torch", "torchvision", "timm", "transformers", "datasets", "accelerate", "evaluate", "numpy", "pillow",
    "scikit-learn",
)  # fmt: skip


def now() -> str:
    """The time in UTC to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def describe_environment(device: str) -> dict[str, object]:
    """Everything needed to know why a figure may differ elsewhere.

    Args:
        device: the processor or GPU that did the work, in words.
    """
    return {
        "vitrine": vitrine.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device,
        "versions": {library: version(library) for library in LIBRARIES},
        "commit": _commit(),
    }


def _commit() -> str | None:
    """The commit of the source, with a plus sign when files differ from it; None outside a checkout or without git."""
    source = Path(vitrine.__file__).parent
    command = ["git", "-C", str(source), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
