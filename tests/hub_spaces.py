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


def read_runtime(settings: dict[str, Any]) -> dict[str, Any]:
    hardware = {"current": None, "requested": settings.get("hardware", "cpu-basic")}
    return {"stage": "RUNNING", "hardware": hardware, "gcTimeout": None, "replicas": {"requested": 1}}


def describe_runtime(request: "HubHandler", name: str) -> None:
    request.send_json(read_runtime(request.repo("spaces", name).settings))


def list_spaces(request: "HubHandler") -> None:
    user, author = request.user(), request.query["author"][0]
    spaces = [repo for (kind, _), repo in request.hub.repos.items() if kind == "spaces"]
    theirs = [repo for repo in spaces if repo.name.startswith(f"{author}/")]
    seen = [repo for repo in theirs if not repo.private or author == user]
    request.send_json([{"_id": "0", "id": one.name, "runtime": read_runtime(one.settings)} for one in seen])


def set_space_value(request: "HubHandler", name: str, what: str) -> None:
    repo = request.repo("spaces", name, to_write=True)
    values = repo.settings.setdefault(what, [])
    values.append(json.loads(request.body))
    request.send_json({})
