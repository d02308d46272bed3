"""What is on the page and where. Words are in `wording`, looks in `theme`, what happens in `classifier`."""

import gradio as gr

from vitrine.app.classifier import Classifier
from vitrine.app.image_check import check_before_upload
from vitrine.app.uploads import accept_files_only
from vitrine.app.why import build_why
from vitrine.app.wording import Wording, model_name
from vitrine.app.wrong_requests import answer_in_words
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

DEFAULT_TOP_K = 5
MOST_BARS = 20  # more bars than this are a table, not a picture; the API gives every label
PICTURE_HEIGHT = 460  # pixels: as high as five bars and the slider, which end on a laptop's first screen
EXAMPLE_COLUMNS = 6
DELETE_EVERY_SECONDS = 300
DELETE_AFTER_SECONDS = 1800
WAITING_LINE = 64  # requests; one more is told at once that the page is busy
ONE_AT_A_TIME = "model"  # of what visitors do
MOST_AT_ONCE = 16  # requests of programs that are decoded side by side, and answered together
READ_OUT = '<div role="status">${value}</div>'  # screen readers say the new answer
NO_WORK = "() => {}"
# On a phone the answer lies below the picture and above the test pictures, so mostly out of sight.
SHOW_NEWS = """() => {
    const news = document.querySelector("#message .notice") || document.querySelector("#answer");
    news.scrollIntoView({block: "nearest"});
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
# How to ask from a program, as the page shows it; a test runs both as they stand.
PYTHON = """\
from gradio_client import Client, handle_file   # pip install gradio_client

client = Client("{address}")
answer = client.predict(picture=handle_file("picture.jpg"), top_k={top_k}, api_name="/decide")
print(answer["words"])   # a class, "unsure: A or B", or "none of my classes"
for row in answer["confidences"]:
    print(row["label"], row["confidence"])
"""

CURL = """\
ls picture.jpg > /dev/null &&
FILE=$(curl -s -F "files=@picture.jpg" {address}/gradio_api/upload | tr -d '[]"') &&
CALL=$(curl -s {address}/gradio_api/call/decide -H "Content-Type: application/json" \\
  -d '{{"data": [{{"path": "'"$FILE"'", "meta": {{"_type": "gradio.FileData"}}}}, {top_k}]}}' | cut -d '"' -f 4) &&
curl -s {address}/gradio_api/call/decide/$CALL
"""


def build_interface(predictor: Predictor, address: str, texts: Texts) -> gr.Blocks:
    """Builds the page of a model.

    Args:
        predictor: the model.
        address: where the page will be served; stands in the client snippets until the visitor's own is known.
        texts: of the page's language.
    """
    name = model_name(predictor.model_id, predictor.metadata)
    page = gr.Blocks(
        title=f"{name} · Vitrine",
        analytics_enabled=False,
        delete_cache=(DELETE_EVERY_SECONDS, DELETE_AFTER_SECONDS),
    )
    with page:
        gr.HTML(Wording(texts).header(name, predictor.label_names, predictor.metadata, predictor.network.name))
        _stage(Classifier(predictor, texts))
        _programs(page, address, _default_top_k(predictor), texts)
    answer_in_words(page, texts)
    page.queue(max_size=WAITING_LINE, api_open=False)  # closed: programs, too, wait in line
    return page


def _stage(classifier: Classifier) -> None:
    """Picture, answer, number of bars, test pictures, and what connects them."""
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
    if classifier.examples:
        clicked = _gallery(classifier).select(
            classifier.show_example,
            top_k,
            on_page,
            api_visibility="private",
            concurrency_id=ONE_AT_A_TIME,
            trigger_mode="multiple",  # Gradio's "always_last" runs again with the picture of the click before
            show_progress="minimal",
            show_progress_on=answer,
        )
        clicked.then(None, js=SHOW_NEWS)
    _endpoints(classifier, picture, top_k)


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
        value=_default_top_k(predictor),
        step=1,
        label=texts("app.page.top_k"),
        visible=most > 1,
        elem_id="top-k",
    )


def _gallery(classifier: Classifier) -> gr.Gallery:
    gr.HTML(classifier.wording.section("gallery"))
    return gr.Gallery(
        [(str(example.path), example.label_name) for example in classifier.examples],
        label=classifier.wording.texts("app.gallery.heading"),
        show_label=False,
        columns=EXAMPLE_COLUMNS,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="examples",
    )


def _programs(page: gr.Blocks, address: str, top_k: int, texts: Texts) -> None:
    """How to ask from a program, with the address under which the visitor sees the page."""
    gr.HTML(Wording(texts).section("programs"))
    with gr.Tabs(elem_id="programs"):
        with gr.Tab("Python"):
            python = gr.Markdown(fenced(python_snippet(address, top_k), "python"))
        with gr.Tab("curl"):
            shell = gr.Markdown(fenced(curl_snippet(address, top_k), "shell"))
    page.load(None, [python, shell], [python, shell], js=at_the_visitors_address(address))


def python_snippet(address: str, top_k: int) -> str:
    """A complete Python program that asks for the decision on a picture, and for its `top_k` most likely labels."""
    return PYTHON.format(address=address, top_k=top_k)


def curl_snippet(address: str, top_k: int) -> str:
    """The same for a shell: send the file, ask, wait for the answer; a file that is not there is named, and it ends."""
    return CURL.format(address=address, top_k=top_k)


def fenced(program: str, language: str) -> str:
    """A program as a Markdown code block, which the page shows with a button to copy it."""
    return f"```{language}\n{program}```"


def at_the_visitors_address(address: str) -> str:
    """JavaScript that puts the address under which the visitor sees the page in place of `address` in both snippets."""
    return f"""(...snippets) => {{
        const here = window.location.href.replace(/[?#].*$/, "").replace(/\\/+$/, "");
        return snippets.map((text) => text.replaceAll("{address}", here));
    }}"""


def _default_top_k(predictor: Predictor) -> int:
    return min(DEFAULT_TOP_K, len(predictor.label_names))
