"""What a program is told whose request is wrong: in words, as JSON, without a traceback in the log.

Gradio answers most of them with `{"error": null}`: the text of an unforeseen error may hold paths of this machine.
"""

import errno
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import gradio as gr
from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import JSONResponse
from gradio.route_utils import FnIndexInferError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from vitrine.ui.texts import Texts, load_texts

INPUTS = (
    "The inputs cannot be used as they were sent. Upload the picture first (POST /gradio_api/upload), then send "
    '{"data": [{"path": WHAT CAME BACK, "meta": {"_type": "gradio.FileData"}}, top_k]}; with gradio_client in Python, '
    'send picture=handle_file("picture.jpg")'
)
BODY = 'the body must be JSON such as {"data": [PICTURE, top_k]}'
ENDPOINTS = "GET /openapi.json lists the plain routes, GET /gradio_api/info those of Gradio"
NO_ENDPOINT = f"there is no such endpoint; {ENDPOINTS}"
NO_CALL = "there is no such call, or its answer was fetched already; ask again with POST /gradio_api/call/ENDPOINT"
NO_FILE = 'no file was sent; with curl, -F "files=@picture.jpg" sends one (mind the @)'
NO_PICTURE = "send the picture as the file `picture` of a form; with curl, -F picture=@picture.jpg (mind the @)"
FORMS = ("/predict", "/correct")  # of the plain routes
DISK_FULL = "the disk of this server is full; nothing was kept of what you sent, come again later"
FAULT = "something went wrong here; the log of the app says what"
HTTP_REASONS = {
    404: f"there is nothing at this address; {ENDPOINTS}",
    405: "this address does not take this method, such as GET in place of POST",
}
PLAIN_DETAILS = ("Not Found", "Method Not Allowed")  # where nobody gave a reason
CALL = re.compile(r".*/gradio_api/call/(?:v2/)?[^/]+/([^/]+)/?")


def answer_in_words(page: gr.Blocks, texts: Texts) -> None:
    """Makes a page name what is wrong with the inputs of its functions, or say that the fault is on its own side.

    Args:
        page: whose functions are called by the page itself and by programs.
        texts: of the page's language, which its own functions answer in.
    """
    preprocess, process = page.preprocess_data, page.process_api

    async def preprocess_or_refuse(block_fn: Any, inputs: list[Any], *more: Any, **named: Any) -> Any:
        if block_fn.fn is None:  # done in the browser alone
            raise gr.Error(NO_ENDPOINT, print_exception=False)
        try:
            return await preprocess(block_fn, inputs, *more, **named)
        except gr.Error:
            raise
        except Exception as error:  # whatever odd inputs make Gradio and pydantic raise
            raise gr.Error(INPUTS, print_exception=False) from error

    async def process_or_say(block_fn: Any, *more: Any, **named: Any) -> dict[str, Any]:
        try:
            return await process(block_fn, *more, **named)
        except gr.Error:
            raise
        except Exception as error:
            is_public = getattr(block_fn, "api_visibility", "private") == "public"
            raise gr.Error((load_texts("en") if is_public else texts)("app.fault")) from error

    # No subclass: Blocks are found by their class in Gradio's own tables.
    page.preprocess_data = preprocess_or_refuse  # type: ignore[method-assign]
    page.process_api = process_or_say  # type: ignore[method-assign]


def server_settings(
    page: gr.Blocks,
    routes: Sequence[BaseRoute] = (),
    guards: Sequence[Middleware] = (),
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]] | None = None,
) -> dict[str, Any]:
    """Arguments of the server of a page, `app_kwargs` of `launch`: every route answers in words.

    Args:
        page: what it serves.
        routes: that stand before those of the page.
        guards: that every request meets first.
        lifespan: what is open while the server runs.
    """
    handlers = {
        HTTPException: _say_http_reason,
        RequestValidationError: _say_what_body,
        FnIndexInferError: _say_no_endpoint,
        KeyError: _say_no_endpoint,  # Gradio looks up functions and components by what the request names
        TypeError: _say_no_file,
        Exception: _say_fault,
    }
    middleware = [*guards, Middleware(CallsThatAreKnown, page=page)]
    return {"exception_handlers": handlers, "middleware": middleware, "routes": list(routes), "lifespan": lifespan}


class CallsThatAreKnown:
    """Keeps Gradio from answering about calls that nobody made: it breaks off in the middle, with two tracebacks.

    Args:
        app: what answers the rest.
        page: whose calls are known.
    """

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        asked = CALL.fullmatch(scope.get("path", ""))
        if asked and scope.get("method") == "GET" and not self._is_known(asked[1]):
            await _answer(404, NO_CALL)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:  # of Starlette, where the answer had begun
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _is_known(self, event_id: str) -> bool:
        queue = self.page._queue
        waiting = queue.pending_event_ids_session.values()
        return event_id in queue.event_ids_to_events or any(event_id in ids for ids in waiting)


def _answer(status: int, error: str, detail: str | Sequence[Any] = "") -> JSONResponse:
    """`detail` as Gradio's own clients read it."""
    return JSONResponse({"error": error, "detail": detail or error}, status)


async def _say_http_reason(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 (for mypy)
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOSPC, errno.EDQUOT):
        return _answer(507, DISK_FULL)
    detail = str(error.detail)
    reason = HTTP_REASONS.get(error.status_code, detail) if detail in PLAIN_DETAILS else detail
    answer = _answer(error.status_code, reason, detail)
    answer.headers.update(error.headers or {})
    return answer


async def _say_what_body(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (for mypy)
    faults = [_without_input(fault) for fault in error.errors()]
    places = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    body = NO_PICTURE if request.url.path in FORMS else BODY
    return _answer(422, f"{body} ({places})" if "body" in places else places, faults)


def _without_input(fault: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent may be large, and not JSON."""
    return {name: fault[name] for name in ("type", "loc", "msg") if name in fault}


async def _say_no_endpoint(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(404, NO_ENDPOINT)


async def _say_no_file(request: Request, error: Exception) -> JSONResponse:
    if not request.url.path.endswith("/upload"):
        raise error
    return _answer(400, NO_FILE)


async def _say_fault(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(500, FAULT)
