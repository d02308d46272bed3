"""What stands before every route: who may ask, how often, how much may be sent, and the count of what was asked."""

import base64
import binascii
import math
import secrets
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.app.api.metrics import Metrics
from vitrine.app.uploads import MAX_UPLOAD_BYTES, MAX_UPLOAD_MEGABYTES

UPLOADS = "/gradio_api/upload"  # Gradio counts the bytes of each file there
FORM_BYTES = 64 * 1024  # what a form takes beside its file
# Requests that make the server compute or store; the rest of a page's requests fetch its parts and follow its answers.
COSTLY = (
    "/predict",
    "/correct",
    "/mcp",
    UPLOADS,
    "/gradio_api/queue/join",
    "/gradio_api/call",
    "/gradio_api/run",
    "/gradio_api/api",
)
# Containers ask for the health without a password; Gradio asks itself to start, by the other, which tells nothing.
OPEN = ("/health", "/gradio_api/startup-events")
PASSWORD = "user or password missing or wrong; with curl, -u USER sends them"  # noqa: S105
GUESSES = parse("20/minute")  # wrong passwords that one address may send
TOO_LARGE = f"more than {MAX_UPLOAD_MEGABYTES} MB were sent; send a smaller picture"


@dataclass(frozen=True)
class Access:
    """Who may ask, and how often.

    Attributes:
        user: name that a browser or program must give; "" lets everyone in.
        password: of that user.
        requests_per_minute: costly ones that one client address may send; None for no limit.
    """

    user: str = ""
    password: str = ""
    requests_per_minute: int | None = None


def build_guards(access: Access, metrics: Metrics, paths: Collection[str]) -> list[Middleware]:
    """The guards in the order in which a request meets them.

    Args:
        access: who may ask, and how often.
        metrics: count the requests.
        paths: those that are counted apart, beside what the page asks of the model; all others are counted as "page".
    """
    guards = [Middleware(Count, metrics=metrics, paths=paths)]
    if access.requests_per_minute is not None:
        guards.append(Middleware(RateLimit, limit=parse(f"{access.requests_per_minute}/minute")))
    if access.user:
        guards.append(Middleware(Password, user=access.user, password=access.password))
    return [*guards, Middleware(BodyLimit)]


class Count:
    """Counts every request with its status and seconds."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.paths = tuple(dict.fromkeys((*paths, *COSTLY)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            path = next((path for path in self.paths if _starts_with(scope["path"], [path])), "page")
            self.metrics.count(path, status, time.perf_counter() - begun)


class RateLimit:
    """Refuses what one address asks too often; says when it may ask again."""

    def __init__(self, app: ASGIApp, limit: RateLimitItem) -> None:
        self.app = app
        self.limit = limit
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        is_costly = scope["type"] == "http" and scope["method"] == "POST" and _starts_with(scope["path"], COSTLY)
        if is_costly and not self.limiter.hit(self.limit, _client(scope)):
            error = f"more than {self.limit.amount} requests in a minute"
            await _refuse_for_now(self.limiter, self.limit, scope, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class Password:
    """Lets in who gives user and password by HTTP's basic authentication; browsers ask for them by themselves."""

    def __init__(self, app: ASGIApp, user: str, password: str) -> None:
        self.app = app
        self.expected = f"{user}:{password}".encode()
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("authorization", "")
        if given and not self.limiter.test(GUESSES, _client(scope)):  # the right one, too: it shall not stand out
            refusal = _refuse_for_now(self.limiter, GUESSES, scope, "too many wrong passwords")
            await refusal(scope, receive, send)
        elif self._is_right(given):
            await self.app(scope, receive, send)
        else:
            if given:
                self.limiter.hit(GUESSES, _client(scope))
            challenge = {"WWW-Authenticate": 'Basic realm="Vitrine", charset="UTF-8"'}
            await _refuse(401, PASSWORD, challenge)(scope, receive, send)

    def _is_right(self, header: str) -> bool:
        scheme, _, given = header.partition(" ")
        try:
            decoded = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(decoded, self.expected)


class BodyLimit:
    """Refuses bodies that are larger than any picture before they are read whole."""

    def __init__(self, app: ASGIApp, most: int = MAX_UPLOAD_BYTES + FORM_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http" or scope["path"] == UPLOADS:
            await self.app(scope, receive, send)
            return
        if int(Headers(scope=scope).get("content-length") or 0) > self.most:
            await _refuse(413, TOO_LARGE)(scope, receive, send)
            return
        received = 0

        async def receive_some() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise HTTPException(413, TOO_LARGE)  # reaches whoever reads the body, and so the server's own handlers
            return message

        await self.app(scope, receive_some, send)


def _starts_with(path: str, beginnings: Iterable[str]) -> bool:
    return any(path == beginning or path.startswith(f"{beginning}/") for beginning in beginnings)


def _client(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""


def _refuse_for_now(limiter: MovingWindowRateLimiter, limit: RateLimitItem, scope: Scope, error: str) -> JSONResponse:
    seconds = max(1, math.ceil(limiter.get_window_stats(limit, _client(scope)).reset_time - time.time()))
    return _refuse(429, f"{error}; ask again in {seconds} seconds", {"Retry-After": str(seconds)})


def _refuse(status: int, error: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error, "detail": error}, status, headers)
