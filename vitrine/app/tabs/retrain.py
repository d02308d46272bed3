"""Tab: a button that trains the model again with what was corrected; the gate decides whether the new one is taken."""

from typing import Any

import gradio as gr
from markupsafe import Markup, escape

from vitrine.app.report_route import RETRAINING
from vitrine.app.retraining_job import JobReport, RetrainingJob
from vitrine.ui.texts import Texts

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
EVERY_SECONDS = 2.0
SHOWN_LINES = 40
# The server loads the new model, closes the page and opens it again: wait until it is gone, then until it answers. A
# model that cannot be loaded closes nothing, so do not look for ever.
RELOAD = """() => {
  let gone = false, looks = 2000;
  const look = () => fetch("health", {cache: "no-store"})
    .then((answer) => { if (gone && answer.ok) location.reload(); else if (looks--) setTimeout(look, 300); })
    .catch(() => { gone = true; setTimeout(look, 1000); });
  setTimeout(look, 100);
}"""


def build_retrain(job: RetrainingJob, command: str, texts: Texts, tab: gr.Tab) -> None:
    """The button, what the retraining says, and its verdict.

    Args:
        job: that the button starts; all visitors see the same one.
        command: that does the same on a terminal.
        texts: of the page's language.
        tab: in which this is.
    """
    explained = texts.html("retrain.explained", command=Markup("<code>{}</code>").format(command))
    gr.HTML(f"<p>{explained}</p>")
    with gr.Row():
        start = gr.Button(texts("retrain.start"), variant="primary", elem_id="retrain-start")
        stop = gr.Button(texts("retrain.stop"), interactive=False, elem_id="retrain-stop")
    outcome = gr.HTML("", elem_id="retrain-outcome")
    use = gr.Button(texts("retrain.use"), visible=False, elem_id="retrain-use")
    log = gr.HTML("", elem_id="retrain-log")
    timer = gr.Timer(EVERY_SECONDS, active=False)
    shown = [start, stop, outcome, use, log, timer]

    def show() -> tuple[Any, ...]:
        report = job.report()
        is_busy = report.status == "at_work"
        is_usable = report.model is not None and not report.is_opening
        return (
            gr.update(interactive=not is_busy),
            gr.update(interactive=is_busy),
            describe(report, texts),
            gr.update(visible=is_usable),
            describe_log(report, texts),
            gr.Timer(active=is_busy or report.is_opening),
        )

    def begin() -> tuple[Any, ...]:
        job.start()
        return show()

    def end() -> tuple[Any, ...]:
        job.stop()
        return show()

    def exchange() -> tuple[Any, ...]:
        job.want()
        return show()

    start.click(begin, None, shown, **PRIVATE)
    stop.click(end, None, shown, **PRIVATE)
    timer.tick(show, None, shown, **PRIVATE)
    tab.select(show, None, shown, **PRIVATE)
    use.click(exchange, None, shown, js=RELOAD, **PRIVATE)


def describe(report: JobReport, texts: Texts) -> Markup:
    """The verdict in a sentence, with the page that says why."""
    if report.status == "idle":
        return Markup()
    said = texts(f"retrain.status.{report.status}", time=texts.duration(report.seconds))
    if report.is_opening:
        said = texts("retrain.changing")
    elif report.fault:
        said = texts("retrain.not_opened", reason=report.fault)
    link = Markup()
    if report.page is not None:
        link = Markup(' <a href="{}" target="_blank">{}</a>').format(RETRAINING, texts("retrain.why"))
    return Markup('<p role="status"><strong>{}</strong>{}</p>').format(said, link)


def describe_log(report: JobReport, texts: Texts) -> str:
    """The last lines that the retraining said; in the open where it failed, since they say why."""
    if not report.lines:
        return ""
    state = " open" if report.status == "failed" else ""
    summary, lines = escape(texts("retrain.log")), escape("\n".join(report.lines[-SHOWN_LINES:]))
    return f'<details{state}><summary>{summary}</summary><pre tabindex="0">{lines}</pre></details>'
