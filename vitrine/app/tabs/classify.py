"""Tab: one picture, what the model says of it, why, and test pictures to try."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from vitrine.app.classifier import Classifier
from vitrine.app.image_check import check_before_upload
from vitrine.app.tabs.gallery import build_gallery
from vitrine.app.tabs.why import build_why
from vitrine.app.uploads import accept_files_only
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

DEFAULT_TOP_K = 5
MOST_BARS = 20  # more bars than this are a table, not a picture; the API gives every label
PICTURE_HEIGHT = 460  # pixels: as high as five bars and the slider, which end on a laptop's first screen
ONE_AT_A_TIME = "model"  # of what visitors do
MOST_AT_ONCE = 16  # requests of programs that are decoded side by side, and answered together
READ_OUT = '<div role="status">${value}</div>'  # screen readers say the new answer
NO_WORK = "() => {}"
# On a phone the answer lies below the picture and above the test pictures, so mostly out of sight. The address of the
# page names a test picture that is shown, so that it can be sent to somebody, and no other.
SHOW_NEWS = """() => {
    const news = document.querySelector("#message .notice") || document.querySelector("#answer");
    news.scrollIntoView({block: "nearest"});
    const here = new URL(window.location), link = document.querySelector(".answer-link a");
    here.searchParams.delete("example");
    if (link) here.searchParams.set("example", new URL(link.href).searchParams.get("example"));
    window.history.replaceState(window.history.state, "", here);
}"""
# The picture as the lens sees it, from the camera at the back of a phone: what the model was trained on.
CAMERA = gr.WebcamOptions(mirror=False, constraints={"video": {"facingMode": "environment"}})
API_DESCRIPTION = (
    "Classifies one picture. top_k: how many of the likeliest labels to return, from 1; more than there are "
    "returns all. Returns the likeliest label, and labels with their probabilities, highest first."
)

DECIDE_DESCRIPTION = (
    "Classifies one picture and says how far to trust the answer. Inputs as for /predict. Returns decision (answer, "
    "unsure or none), the same in words, familiarity (similarity to the training pictures, or null), and labels with "
    "their calibrated probabilities, highest first."
)
MODEL_DESCRIPTION = (
    "Says what answers: the model, the runtime that computes it (torch, onnxruntime or openvino), and how often it was "
    "asked about how many pictures at a time."
)


def build_classify(classifier: Classifier, page: gr.Blocks, has_endpoints: bool = True) -> gr.State:
    """Picture, answer, number of bars, test pictures, and what connects them.

    Args:
        classifier: answers.
        page: on which the tab is.
        has_endpoints: whether programs call this one; their names stand once on a page of several languages.

    Returns:
        What the tab shows, a `Shown` or None.
    """
    wording = classifier.wording
    texts = wording.texts
    shown = gr.State(None)
    with gr.Row(elem_id="stage"):
        with gr.Column(min_width=320):
            message = gr.HTML("", elem_id="message", js_on_load=check_before_upload(texts))
            picture = gr.Image(
                label=texts("app.page.picture"),
                type="filepath",
                image_mode=None,
                sources=["upload", "webcam", "clipboard"],
                placeholder=texts("app.page.placeholder"),
                height=PICTURE_HEIGHT,
                buttons=["fullscreen"],
                webcam_options=CAMERA,
                elem_id="picture",
                alt_text=texts("app.page.alt"),
            )
        with gr.Column(min_width=320):
            answer = gr.HTML(wording.nothing_yet, elem_id="answer", html_template=READ_OUT)
            top_k = _top_k_slider(classifier.predictor, texts)
            build_why(classifier, shown)
    accept_files_only(picture)
    on_page = [picture, message, answer, shown]
    # Not `input`: when a picture is taken away that comes too, and with the old picture if that was a test picture.
    # And by way of `then`: a camera that closes after its photo cancels what it finds at work for the picture itself.
    chosen = picture.upload(None, js=NO_WORK, trigger_mode="multiple").then(
        classifier.show_upload,
        [picture, top_k, shown],
        on_page,
        preprocess=False,
        api_visibility="private",
        concurrency_id=ONE_AT_A_TIME,
        trigger_mode="multiple",  # Gradio would pass over what comes while an answer is on its way
        show_progress="minimal",
        show_progress_on=answer,
    )
    chosen.then(None, js=SHOW_NEWS)
    picture.clear(None, js=NO_WORK, trigger_mode="multiple").then(
        classifier.show_nothing,
        shown,
        [message, answer, shown],
        api_visibility="private",
        concurrency_id=ONE_AT_A_TIME,  # else it could overtake the answer to a picture that is already gone
        trigger_mode="multiple",
        show_progress="hidden",
    )
    top_k.change(
        classifier.show_bars, [top_k, shown], answer, api_visibility="private", queue=False, show_progress="hidden"
    )
    if classifier.examples.images:
        show = partial(
            _show_example,
            outputs=on_page,
            api_visibility="private",
            concurrency_id=ONE_AT_A_TIME,
            trigger_mode="multiple",  # Gradio's "always_last" runs again with the picture of the click before
            show_progress="minimal",
            show_progress_on=answer,
        )
        gallery, numbers = build_gallery(classifier)
        show(gallery.select, classifier.show_clicked, [numbers, top_k])
        show(page.load, classifier.show_linked, top_k)
    if has_endpoints:
        _endpoints(classifier, picture, top_k)
    return shown


def _show_example(event: Callable[..., Any], function: Callable[..., Any], inputs: Any, **options: Any) -> None:
    event(function, inputs, **options).then(None, js=SHOW_NEWS)


def _endpoints(classifier: Classifier, picture: gr.Image, top_k: gr.Slider) -> None:
    """The named API endpoints; the page's own events answer with HTML, which no program wants."""
    endpoints = (
        ("predict", classifier.answer_api, gr.Label(visible=False, label="probabilities"), API_DESCRIPTION),
        ("decide", classifier.decide_api, gr.JSON(visible=False, label="decision"), DECIDE_DESCRIPTION),
    )
    for name, function, output, description in endpoints:
        gr.on(
            [],
            function,
            [picture, top_k],
            output,
            preprocess=False,
            api_name=name,
            api_description=description,
            concurrency_id="programs",
            concurrency_limit=MOST_AT_ONCE,
        )
    gr.on(
        [],
        classifier.describe_api,
        None,
        gr.JSON(visible=False, label="model"),
        api_name="model",
        api_description=MODEL_DESCRIPTION,
        queue=False,
    )


def _top_k_slider(predictor: Predictor, texts: Texts) -> gr.Slider:
    most = min(MOST_BARS, len(predictor.label_names))
    return gr.Slider(
        1,
        max(2, most),  # Gradio builds no slider of one value; of one label it is not shown
        value=default_top_k(predictor),
        step=1,
        label=texts("app.page.top_k"),
        visible=most > 1,
        elem_id="top-k",
    )


def default_top_k(predictor: Predictor) -> int:
    """How many labels are shown until a visitor chooses."""
    return min(DEFAULT_TOP_K, len(predictor.label_names))
