"""The report of a model's training, served beside its page."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ADDRESS = "report"  # relative to the page
RETRAINING = "retraining"  # of the last one that the page started
# The file may come with somebody else's model: it can neither run a script nor ask another server.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def report_route(find: Callable[[], Path | None], address: str = ADDRESS) -> Route:
    """Serves one file.

    Args:
        find: says which; None while there is none.
        address: relative to the page.
    """

    def serve(_request: Request) -> Response:
        report = find()
        try:
            content = report.read_bytes() if report is not None else None
        except OSError:  # it was removed in the meantime
            content = None
        if content is None:
            return Response("the report is not there any more", 404, media_type="text/plain")
        return Response(content, media_type="text/html", headers=HEADERS)

    return Route(f"/{address}", serve)
