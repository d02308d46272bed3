"""The model as a tool of assistants that speak MCP, the Model Context Protocol: `POST /mcp`, by its official library.

Not by Gradio's own MCP server: it would fetch any web address that stands for a picture, and needs an older pydantic.
"""

import base64
import binascii
import io
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import Route

from vitrine import __version__
from vitrine.app.api.routes import DEFAULT_TOP_K, PictureAnswer, Programs
from vitrine.app.uploads import MAX_UPLOAD_BYTES, find_upload, upload_folder
from vitrine.errors import UserError
from vitrine.listing import list_names
from vitrine.ui.texts import load_texts

PATH = "/mcp"
UNREADABLE = (
    "the picture must be base64, a data URL (data:image/jpeg;base64,...), or what POST /gradio_api/upload answered to "
    "an upload; other files and web addresses are not read"
)
# It only computes: asked twice, it says the same, and it reaches nothing else.
ANNOTATIONS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
# Answers are about what the asker sent, so a page that reaches this server by another name learns nothing by it.
ANY_HOST = TransportSecuritySettings(enable_dns_rebinding_protection=False)


@dataclass(frozen=True)
class McpServer:
    """What a server takes to speak MCP.

    Attributes:
        route: answers.
        lifespan: of the library, to be entered while the server runs.
    """

    route: Route
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]]


def build_mcp(programs: Programs) -> McpServer:
    """Offers `predict` as a tool; every request stands alone, and nothing is kept between two.

    Args:
        programs: answer.
    """

    async def predict(
        picture: Annotated[
            str, Field(description="base64, a data URL, or the path that POST /gradio_api/upload gave for an upload")
        ],
        top_k: Annotated[int, Field(ge=1, description="how many of the likeliest classes to return")] = DEFAULT_TOP_K,
    ) -> PictureAnswer:
        file, name = _open(picture)
        try:
            with file:
                return await programs.answer(file, name, top_k)
        except HTTPException as refused:
            raise ToolError(refused.detail) from None

    server = MCPServer(programs.name, version=__version__, log_level="WARNING")
    classes = list_names(programs.batcher.predictor.label_names)
    description = f"Classifies one picture, and says when it looks like none of the classes. The classes: {classes}."
    server.add_tool(predict, description=description, annotations=ANNOTATIONS)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_UPLOAD_BYTES,
        transport_security=ANY_HOST,
    )
    (route,) = app.routes
    assert isinstance(route, Route)  # noqa: S101 (for mypy)
    return McpServer(route, lambda _server: server.session_manager.run())


def _open(picture: str) -> tuple[BinaryIO, str]:
    """File and name of what was sent, or of what was uploaded before."""
    folder = upload_folder()
    try:
        if picture.startswith(str(folder)):
            path, name = find_upload({"path": picture}, folder, load_texts("en"))
            return path.open("rb"), name
        encoded = picture.partition(",")[2] if picture.startswith("data:") else picture
        return io.BytesIO(base64.b64decode(encoded, validate=True)), "the picture"
    except UserError as error:
        raise ToolError(str(error)) from None
    except (binascii.Error, ValueError):
        raise ToolError(UNREADABLE) from None
