"""What the Hub double knows of Spaces: their hardware, their secrets, and which of them are free."""

import json
from typing import TYPE_CHECKING, Any

from tests.hub_state import HubError

if TYPE_CHECKING:
    from tests.hub_double import HubHandler

ZERO_GPU, FREE_ZERO_GPU = "zero-a10g", 2


def check_is_paid(request: "HubHandler", user: str | None, wanted: dict[str, Any]) -> None:
    """Static Spaces are free for all, and so are two on ZeroGPU; everything else is for paying accounts."""
    if wanted.get("type") != "space" or wanted.get("sdk") == "static" or user in request.hub.paying:
        return
    spaces = [repo.settings for (kind, name), repo in request.hub.repos.items() if kind == "spaces"]
    on_zero_gpu = sum(settings.get("hardware") == ZERO_GPU for settings in spaces)
    if wanted.get("hardware") != ZERO_GPU or on_zero_gpu >= FREE_ZERO_GPU:
        raise HubError(402, message="Subscribe to PRO to create Gradio and Docker Spaces on this hardware")


def describe_runtime(request: "HubHandler", name: str) -> None:
    settings = request.repo("spaces", name).settings
    hardware = {"current": None, "requested": settings.get("hardware", "cpu-basic")}
    request.send_json({"stage": "RUNNING", "hardware": hardware, "gcTimeout": None, "replicas": {"requested": 1}})


def set_space_value(request: "HubHandler", name: str, what: str) -> None:
    repo = request.repo("spaces", name, to_write=True)
    values = repo.settings.setdefault(what, [])
    values.append(json.loads(request.body))
    request.send_json({})
