"""What libraries would tell their makers is switched off, before they are imported."""

import os
import sys
from typing import Any

SETTINGS = {
    # ONNX Runtime names the device and queues an event at its import; its own function for this comes too late.
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GRADIO_ANALYTICS_ENABLED": "False",  # Gradio looks up api.gradio.app and huggingface.co otherwise
}


def switch_off_telemetry() -> None:
    """For this process and its children; what somebody has set themselves stays."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    modules: dict[str, Any] = sys.modules
    modules.setdefault("openvino_telemetry", None)  # without this package OpenVINO sends nothing
