"""Loads a model and serves its page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi.routing import APIRoute
from PIL import Image
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from vitrine.app.address import page_address
from vitrine.app.api.correct import correct_route
from vitrine.app.api.guards import Access, BodyLimit, build_guards
from vitrine.app.api.routes import Programs, build_routes
from vitrine.app.beside import Beside
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.languages import BrowserLanguage, say_language
from vitrine.app.model_facts import read_facts
from vitrine.app.page import PageParts, Retraining, build_interface
from vitrine.app.report_route import RETRAINING, report_route
from vitrine.app.teach_page import build_teach_page
from vitrine.app.teacher import Teacher
from vitrine.app.theme import STYLE, build_theme
from vitrine.app.uploads import MAX_ARCHIVE_BYTES, guard_uploads
from vitrine.app.waiting_events import WaitingEvents
from vitrine.app.wording import model_name
from vitrine.app.wrong_requests import server_settings
from vitrine.errors import UserError
from vitrine.predict.batcher import Batcher
from vitrine.predict.predictor import Predictor
from vitrine.records.model import ModelMetadata
from vitrine.ui.texts import Language, load_texts

if TYPE_CHECKING:
    from vitrine.app.api.mcp import McpServer

OPEN_TO_ALL = Access()
# Visitors that are remembered: each takes 42 kB, and so does each client of the API. Gradio keeps 10,000 of them, and
# notes on the last 10,000 events.
MOST_SESSIONS = 500


def load_ready(model_id: str, load: Callable[[str], Predictor] = Predictor.load) -> Predictor:
    """Loads a model and asks it once: the first call is slow; let no visitor wait for it.

    Args:
        model_id: model folder or Hub id.
        load: opens it.

    Raises:
        UserError: it cannot be loaded.
    """
    predictor = load(model_id)
    predictor.predict(Image.new("RGB", (64, 64)), top_k=1)
    return predictor


@contextmanager
def open_page(
    predictor: Predictor,
    host: str,
    port: int,
    language: Language | None = None,
    access: Access = OPEN_TO_ALL,
    desk: CorrectionDesk | None = None,
    beside: Predictor | None = None,
    retraining: Retraining | None = None,
    speaks_mcp: bool = False,
) -> Iterator[str]:
    """Serves the page of a model inside the `with` block; yields its address when it answers.

    Args:
        predictor: the model, as `load_ready` gives it.
        host: address to listen on.
        port: free port to listen on.
        language: of the page, whatever the browser prefers; None: the browser's, else that of the model's reports.
        access: who may ask, and how often.
        desk: keeps what visitors correct; None: they cannot.
        beside: a second model, whose answers stand beside those of the first.
        retraining: that a button starts; None: the page has none.
        speaks_mcp: whether assistants may use the model as a tool; needs the package mcp.

    Raises:
        UserError: somebody else listens on the port.
    """
    address = page_address(host, port)
    first = language or recipe_language(predictor.metadata)
    batcher, facts = Batcher(predictor), read_facts(predictor)
    second_side = None if beside is None else Beside(beside)
    parts = PageParts(predictor, batcher, facts, desk, second_side, bool(access.user), retraining, speaks_mcp)
    page = build_interface(parts, address, load_texts(first))
    name = model_name(predictor.model_id, predictor.metadata)
    programs = Programs(batcher, name, None if second_side is None else second_side.batcher)
    further = [correct_route(batcher, desk.store, access.user)] if desk else []
    mcp = _open_mcp(programs) if speaks_mcp else None
    routes, guards = open_routes(programs, access, further, [mcp.route] if mcp else [])
    reports = [report_route(lambda: facts.report)] if facts.report else []
    if retraining is not None:
        reports.append(report_route(lambda: retraining.job.report().page, RETRAINING))
    if language is None:
        guards.append(Middleware(BrowserLanguage, first=first))
    start(page, host, port, first, server_settings(page, [*routes, *reports], guards, mcp.lifespan if mcp else None))
    try:
        yield address
    finally:
        page.close(verbose=False)


@contextmanager
def open_teach_page(teacher: Teacher, host: str, port: int, language: Language | None = None) -> Iterator[str]:
    """Serves the page on which a classifier is taught inside the `with` block; yields its address when it answers.

    Args:
        teacher: answers.
        host: address to listen on.
        port: free port to listen on.
        language: of the page, whatever the browser prefers; None: the browser's, else English.
    """
    first = language or "en"
    page = build_teach_page(teacher, load_texts(first))
    guards = [Middleware(BodyLimit), *([Middleware(BrowserLanguage, first=first)] if language is None else [])]
    start(page, host, port, first, server_settings(page, [report_route(teacher.find_report)], guards))
    try:
        yield page_address(host, port)
    finally:
        page.close(verbose=False)


def _open_mcp(programs: Programs) -> "McpServer":
    from vitrine.app.api.mcp import build_mcp  # its library need not be there

    return build_mcp(programs)


def recipe_language(metadata: ModelMetadata | None) -> Language:
    """The language of the reports of a model's training; English where that is not known."""
    report = metadata.recipe.get("report") if metadata is not None else None
    return "fr" if isinstance(report, dict) and report.get("language") == "fr" else "en"


def open_routes(
    programs: Programs, access: Access, further: Sequence[APIRoute] = (), undescribed: Sequence[Route] = ()
) -> tuple[list[BaseRoute], list[Middleware]]:
    """The plain routes of a server, and what guards them and the page.

    Args:
        programs: answer.
        access: who may ask, and how often.
        further: other plain routes.
        undescribed: routes that are counted apart, too, but have a way of their own to describe themselves.
    """
    routes = build_routes(programs, further)
    paths = [route.path for route in routes if isinstance(route, APIRoute)] + [route.path for route in undescribed]
    return [*routes, *undescribed], build_guards(access, programs.metrics, paths)


def start(
    page: gr.Blocks, host: str, port: int, language: Language = "en", settings: dict[str, Any] | None = None
) -> None:
    """Starts to serve a page and returns when it answers.

    Args:
        page: of `build_interface`.
        host: address to listen on.
        port: free port to listen on.
        language: of the page at the address itself.
        settings: of the server, `app_kwargs`; None serves the page alone.

    Raises:
        UserError: somebody else listens on the port.
    """
    guard_uploads()
    try:
        _launch(page, host, port, language, settings or server_settings(page))
    except OSError as error:
        if error.errno is not None:  # of the disk, say; Gradio's own, on the port, has no number
            raise
        raise UserError(
            f"--port {port}: another program took it just now; start again, or choose another with --port"
        ) from None


def _limit_memory(page: gr.Blocks) -> None:
    """Limits what Gradio's queue keeps of visitors who went away."""
    page._queue.ANALYTICS_MAX_EVENTS = MOST_SESSIONS
    page._queue.pending_event_ids_session = WaitingEvents()


def _launch(page: gr.Blocks, host: str, port: int, language: Language, settings: dict[str, Any]) -> None:
    _limit_memory(page)
    page.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,  # would look for Node
        pwa=False,
        run_history=False,  # Gradio would keep a copy of every picture in the visitor's browser
        enable_monitoring=False,
        show_error=False,  # an unforeseen error's text holds paths of this machine
        max_file_size=MAX_ARCHIVE_BYTES,
        app_kwargs=settings,
        state_session_capacity=MOST_SESSIONS,
        footer_links=["settings"],  # not "api": its example sends a web address, which this page does not fetch
        theme=build_theme(),
        # Gradio's own words follow the language of the visitor's browser, as they did before.
        js=say_language(language),
        css_paths=[STYLE],
    )
