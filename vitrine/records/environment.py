"""What a run was made with: versions, device, commit, time."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

import vitrine
from vitrine.records.schema import FileRecord

LIBRARIES = (
    "torch", "torchvision", "timm", "transformers", "datasets", "accelerate", "evaluate", "numpy", "pillow",
    "scikit-learn",
)  # fmt: skip


def _check_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Moment = Annotated[str, AfterValidator(_check_moment)]  # ISO 8601


class Environment(FileRecord):
    """The content of environment.json.

    Attributes:
        vitrine: version.
        python: version.
        platform: operating system, in words.
        device: processor or GPU that did the work, in words.
        versions: of the libraries.
        commit: of the source, with a plus sign when files differ from it; None outside a checkout.
        started: time in UTC, ISO 8601.
        finished: likewise.
        dataset_version: of the pictures that were trained on; None where an earlier build made the run.
    """

    title = "the environment of a run"
    remedy = "train again, or restore the file that training wrote"

    vitrine: str
    python: str
    platform: str
    device: str
    versions: dict[str, str]
    commit: str | None
    started: Moment
    finished: Moment
    dataset_version: str | None = None

    @property
    def start(self) -> datetime:
        """When the work began, in the zone of this machine."""
        return datetime.fromisoformat(self.started).astimezone()

    @property
    def seconds(self) -> float:
        """From start to end; 0 where the clock was set back meanwhile."""
        between = datetime.fromisoformat(self.finished) - datetime.fromisoformat(self.started)
        return max(0.0, between.total_seconds())


def now() -> str:
    """The time in UTC to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def describe_environment(device: str, started: str, dataset_version: str | None = None) -> Environment:
    """Everything needed to know why a figure may differ elsewhere.

    Args:
        device: the processor or GPU that did the work, in words.
        started: time in UTC, ISO 8601; the work ends now.
        dataset_version: of the pictures.
    """
    return Environment(
        vitrine=vitrine.__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        device=device,
        versions={library: version(library) for library in LIBRARIES},
        commit=_commit(),
        started=started,
        finished=now(),
        dataset_version=dataset_version,
    )


def _commit() -> str | None:
    """The commit of the source, with a plus sign when files differ from it; None outside a checkout or without git."""
    source = Path(vitrine.__file__).parent
    command = ["git", "-C", str(source), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
