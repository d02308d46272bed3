"""The page on which a classifier is taught: name classes, give pictures, train, try, take the model away."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder
from markupsafe import escape

from vitrine.app.languages import build_in_each, switch
from vitrine.app.lesson import Lesson
from vitrine.app.page import DELETE_AFTER_SECONDS, DELETE_EVERY_SECONDS, WAITING_LINE
from vitrine.app.tabs.classify import CAMERA, READ_OUT
from vitrine.app.teacher import Teacher
from vitrine.app.uploads import accept_files_only
from vitrine.app.wrong_requests import answer_in_words
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.ui.texts import Texts

PRIVATE: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "multiple"}
SHOWN_PICTURES = 48  # thumbnails of all classes together
THUMBNAIL_SIDE = 160  # pixels
PICTURE_HEIGHT = 320  # pixels


def build_teach_page(teacher: Teacher, first: Texts) -> gr.Blocks:
    """Builds the page in every language.

    Args:
        teacher: answers.
        first: texts of the language in which the page is at its address.
    """
    page = gr.Blocks(
        title="Vitrine", analytics_enabled=False, delete_cache=(DELETE_EVERY_SECONDS, DELETE_AFTER_SECONDS)
    )
    build_in_each(page, first, lambda texts: _build(page, teacher, texts, first))
    answer_in_words(page, first)
    page.queue(max_size=WAITING_LINE, api_open=False)
    return page


def _build(page: gr.Blocks, teacher: Teacher, texts: Texts, first: Texts) -> None:
    gr.HTML(_header(texts, switch(texts.language, first.language)))
    _build_pictures(page, teacher, texts)
    gr.HTML(_heading(texts, "train"))
    train = gr.Button(texts("teach.train"), variant="primary", elem_id="lesson-train")
    outcome = gr.HTML("", elem_id="lesson-outcome")
    trying, download = _build_trial(teacher, texts)

    def learn() -> Iterator[tuple[Any, ...]]:
        for words, is_ready in teacher.learn(texts):
            yield words, gr.update(visible=is_ready)

    learning = train.click(learn, None, [outcome, trying], show_progress_on=outcome, **PRIVATE)
    learning.then(teacher.pack, None, download, show_progress="hidden", **PRIVATE)

    def show_last() -> tuple[Any, ...]:
        words, is_ready = teacher.describe_last(texts)
        return words, gr.update(visible=is_ready), teacher.pack()

    page.load(show_last, None, [outcome, trying, download], show_progress="hidden", **PRIVATE)


def _build_pictures(page: gr.Blocks, teacher: Teacher, texts: Texts) -> None:
    """Classes and their pictures: how they come in, which there are, and how they go."""
    gr.HTML(_heading(texts, "pictures"))
    with gr.Row():
        with gr.Column(min_width=320):
            name = gr.Textbox(label=texts("teach.name"), placeholder=texts("teach.name_example"), elem_id="class-name")
            files = gr.File(
                label=texts("teach.files"), file_count="multiple", file_types=["image", ".heic", ".heif"],
                height=120, elem_id="class-files",
            )  # fmt: skip
            photo = gr.Image(
                label=texts("teach.photo"), type="filepath", image_mode=None, sources=["webcam", "clipboard"],
                webcam_options=CAMERA, height=PICTURE_HEIGHT, elem_id="class-photo", alt_text=texts("teach.photo"),
            )  # fmt: skip
        with gr.Column(min_width=320):
            said = gr.HTML("", elem_id="lesson-message")
            classes = gr.HTML(elem_id="lesson-classes")
            shown = gr.Gallery(
                label=texts("teach.shown"), show_label=False, columns=6, height="auto", object_fit="cover",
                allow_preview=False, interactive=False, buttons=[], visible=False, elem_id="lesson-pictures",
            )  # fmt: skip
            taken = gr.Dropdown([], label=texts("teach.remove_class"), elem_id="lesson-remove-class")
            remove = gr.Button(texts("teach.remove"), size="sm", elem_id="lesson-remove")
    accept_files_only(photo)
    show = partial(_show, teacher.lesson, texts)
    overview: list[gr.Component] = [classes, shown, taken]

    def add(name: str, given: Any) -> tuple[Any, ...]:
        return teacher.add(texts, name, given), None, *show()

    def take_away(name: str | None) -> tuple[Any, ...]:
        teacher.lesson.remove(name or "")
        return "", *show()

    files.upload(add, [name, files], [said, files, *overview], preprocess=False, **PRIVATE)
    photo.upload(add, [name, photo], [said, photo, *overview], preprocess=False, **PRIVATE)
    remove.click(take_away, taken, [said, *overview], **PRIVATE)
    page.load(show, None, overview, show_progress="hidden", **PRIVATE)


def _build_trial(teacher: Teacher, texts: Texts) -> tuple[gr.Column, gr.DownloadButton]:
    """A picture and what the model says of it; hidden until there is one."""
    with gr.Column(visible=False, elem_id="lesson-try") as trying:
        gr.HTML(_heading(texts, "try"))
        with gr.Row():
            with gr.Column(min_width=320):
                picture = gr.Image(
                    label=texts("app.page.picture"), type="filepath", image_mode=None,
                    sources=["upload", "webcam", "clipboard"], placeholder=texts("app.page.placeholder"),
                    webcam_options=CAMERA, height=PICTURE_HEIGHT, elem_id="picture", alt_text=texts("app.page.alt"),
                )  # fmt: skip
            with gr.Column(min_width=320):
                answer = gr.HTML("", elem_id="answer", html_template=READ_OUT)
                download = gr.DownloadButton(texts("teach.download"), elem_id="lesson-download")
    accept_files_only(picture)
    ask = partial(teacher.answer, texts)
    picture.upload(ask, picture, answer, preprocess=False, show_progress_on=answer, **PRIVATE)
    picture.clear(lambda: "", None, answer, show_progress="hidden", **PRIVATE)
    return trying, download


def _show(lesson: Lesson, texts: Texts) -> tuple[Any, ...]:
    """The classes with their counts, thumbnails, and which can be taken away."""
    classes = lesson.classes
    items = "".join(
        f"<li><strong>{escape(name)}</strong> {escape(texts('teach.count', count=len(pictures)))}</li>"
        for name, pictures in classes.items()
    )
    overview = f'<ul class="lesson-classes">{items}</ul>' if items else f"<p>{escape(texts('teach.nothing'))}</p>"
    each = max(1, SHOWN_PICTURES // max(1, len(classes)))
    newest = [(path, name) for name, pictures in classes.items() for path in pictures[-each:]][:SHOWN_PICTURES]
    thumbnails = [(small, name) for path, name in newest if (small := _thumbnail(path)) is not None]
    return overview, gr.update(value=thumbnails, visible=bool(thumbnails)), gr.update(choices=list(classes), value=None)


def _thumbnail(picture: Path) -> str | None:
    """A small copy where Gradio may show it; None of a file that is not a picture (somebody may have put it there)."""
    small = Path(get_upload_folder()) / "thumbnails" / f"{picture.stem}.jpg"
    if not small.exists():
        try:
            image = open_image(picture)
        except ImageError:
            return None
        image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small.parent.mkdir(parents=True, exist_ok=True)
        image.save(small)
    return str(small)


def _header(texts: Texts, links: str) -> str:
    return f"""
    <header class="model">
      {links}
      <p class="kicker">{escape(texts("teach.kicker"))}</p>
      <h1>{escape(texts("teach.title"))}</h1>
      <p class="lead">{escape(texts("teach.lead"))}</p>
    </header>
    """


def _heading(texts: Texts, step: str) -> str:
    lead = escape(texts(f"teach.{step}_lead"))
    return f'<h2>{escape(texts(f"teach.{step}_heading"))}</h2>\n<p class="section-lead">{lead}</p>'
