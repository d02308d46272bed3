"""Libraries that would tell their makers who uses them do not, whoever imports them first after Vitrine."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from vitrine.telemetry import SETTINGS

# As on a user's machine: ONNX Runtime keeps quiet by itself where tests and CI run.
QUIET_ELSEWHERE = ("CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", *SETTINGS)


@pytest.mark.parametrize("library", ["onnxruntime", "openvino"])
def test_nothing_is_kept_to_be_sent(tmp_path, library):
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    surroundings = {name: value for name, value in os.environ.items() if name not in QUIET_ELSEWHERE}
    subprocess.run(
        [sys.executable, "-c", f"import vitrine, {library}"], check=True, env=surroundings | {"HOME": str(tmp_path)}
    )
    assert list(tmp_path.rglob("*")) == []


def test_what_somebody_has_set_stays():
    command = [sys.executable, "-c", "import os, vitrine; print(os.environ['ORT_DISABLE_TELEMETRY'])"]
    surroundings = os.environ | {"ORT_DISABLE_TELEMETRY": "0"}
    assert subprocess.run(command, check=True, env=surroundings, capture_output=True, text=True).stdout == "0\n"
