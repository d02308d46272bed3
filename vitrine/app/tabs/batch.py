"""Tab: many pictures or an archive of them, and a table of their answers to sort, filter and download."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import gradio as gr

from vitrine.app.batches import ALL, Batches, View
from vitrine.app.image_check import check_batch_before_upload
from vitrine.app.uploads import accept_files_only
from vitrine.predict.answers.job import Allowed, BatchJob
from vitrine.predict.answers.rows import KINDS

BOX_HEIGHT = 170  # pixels
READ_OUT = '<div role="status">${value}</div>'  # screen readers say what came of it
KEPT_HOURS = 4  # of a page that stays open
QUEUE = "batch"  # one batch computes at a time; the next visitor sees their place in the line
# The path is that of the visitor's own folder, whose name nobody can guess; Gradio's own download would copy the file.
DOWNLOAD = """(path) => {
    if (!path) return;
    const link = document.createElement("a");
    link.href = `${window.gradio_config.root}/gradio_api/file=${path}`;
    link.download = path.split("/").pop();
    document.body.append(link);
    link.click();
    link.remove();
}"""
EXPORTS: tuple[tuple[str, Callable[[BatchJob], Path]], ...] = (
    ("csv", BatchJob.export_csv),
    ("parquet", BatchJob.export_parquet),
    ("folders", BatchJob.export_folders),
)


def build_batch(batches: Batches, page: gr.Blocks) -> None:
    """The box for files, how far they are, the table and its downloads.

    Args:
        batches: answers.
        page: on which the tab is.
    """
    texts = batches.texts
    allowed = texts.number(Allowed().files)
    job = gr.State(None, time_to_live=KEPT_HOURS * 3600, delete_callback=_discard)
    kept = texts.html("batch.kept", hours=texts.number(KEPT_HOURS))
    gr.HTML(f'<p class="section-lead">{texts.html("batch.lead", files=allowed)} {kept}</p>')
    files = gr.File(label=texts("batch.files"), file_count="multiple", height=BOX_HEIGHT, elem_id="batch-files")
    accept_files_only(files)
    progress = gr.HTML("", elem_id="batch-progress")
    stop = gr.Button(texts("batch.stop"), visible=False, size="sm", elem_id="batch-stop")
    outcome = gr.HTML("", elem_id="batch-outcome", html_template=READ_OUT, js_on_load=check_batch_before_upload(texts))
    with gr.Column(visible=False, elem_id="batch-results") as results:
        _build_downloads(batches, job, outcome)
        show = _build_table(batches, job)
    # The outputs are those of `Step`, in its order.
    done = files.upload(
        batches.start,
        [files, job],
        [files, job, progress, outcome, results, stop],
        preprocess=False,
        api_visibility="private",
        concurrency_id=QUEUE,
        concurrency_limit=1,
        show_progress="minimal",
        show_progress_on=progress,
    )
    show(done.then, batches.show_first)
    stop.click(batches.stop, job, None, api_visibility="private", queue=False, show_progress="hidden")
    page.unload(batches.leave)


def _build_table(batches: Batches, job: gr.State) -> Callable[..., object]:
    """Table, order, kinds and pages; returns what makes an event show the table."""
    texts = batches.texts
    with gr.Row():
        kind = gr.Radio(
            [(texts(f"batch.kinds.{name}"), name) for name in (ALL, *KINDS)],
            value=ALL,
            label=texts("batch.show"),
            min_width=320,
            scale=2,
            elem_id="batch-kind",
        )
        order = gr.Radio(
            [(texts(f"batch.orders.{name}"), name) for name in ("doubtful", "given")],
            value="doubtful",
            label=texts("batch.order"),
            min_width=240,
            elem_id="batch-order",
        )
    table = gr.HTML("", elem_id="batch-table")
    with gr.Row(elem_id="batch-pages"):
        previous = gr.Button(texts("batch.previous"), size="sm", min_width=100)
        number = gr.Number(1, label=texts("batch.page"), precision=0, minimum=1, min_width=80, elem_id="batch-page")
        pages = gr.HTML("", elem_id="batch-page-count")
        following = gr.Button(texts("batch.next"), size="sm", min_width=100)

    def show(event: Callable[..., object], view: Callable[..., View]) -> None:
        event(
            view,
            [job, order, kind, number],
            [table, number, pages, previous, following],  # those of `View`, in its order
            api_visibility="private",
            queue=False,
            show_progress="hidden",
        )

    show(kind.input, batches.show_first)
    show(order.input, batches.show_first)
    show(number.input, batches.show)
    show(previous.click, batches.show_previous)
    show(following.click, batches.show_next)
    return show


def _build_downloads(batches: Batches, job: gr.State, outcome: gr.HTML) -> None:
    path = gr.Textbox(visible=False)
    with gr.Row(elem_id="batch-downloads"):
        for name, make in EXPORTS:
            if name == "parquet" and find_spec("pyarrow") is None:  # a bundle does without it
                continue
            button = gr.Button(batches.texts(f"batch.{name}"), size="md", min_width=160, elem_id=f"batch-{name}")
            button.click(
                partial(batches.export, make),
                job,
                [path, outcome],
                api_visibility="private",
                concurrency_id=QUEUE,
                show_progress="minimal",
                show_progress_on=outcome,
            ).success(None, path, js=DOWNLOAD)


def _discard(job: BatchJob | None) -> None:
    if job is not None:
        job.discard()
