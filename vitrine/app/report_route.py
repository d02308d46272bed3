"""The report of a model's training, served beside its page."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ADDRESS = "report"  # relative to the page
# The file may come with somebody else's model: it can neither run a script nor ask another server.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def report_route(report: Path) -> Route:
    """Serves this one file.

    Args:
        report: as `read_facts` found it.
    """

    def serve(_request: Request) -> Response:
        try:
            content = report.read_bytes()
        except OSError:  # it was removed in the meantime
            return Response("the report is not there any more", 404, media_type="text/plain")
        return Response(content, media_type="text/html", headers=HEADERS)

    return Route(f"/{ADDRESS}", serve)
