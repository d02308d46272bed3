"""The test pictures below the answer, to choose by class and by what the model says of them."""

from typing import Any, Literal

import gradio as gr

from vitrine.app.classifier import Classifier
from vitrine.app.examples import ALL, OUTCOMES, Outcome

COLUMNS = 6
FEWEST_TO_FILTER = 3  # pictures; fewer are seen at a glance


def build_gallery(classifier: Classifier) -> tuple[gr.Gallery, gr.State]:
    """The pictures, and what chooses among them.

    Args:
        classifier: of the page; has pictures.

    Returns:
        The gallery, and the numbers of the pictures that it shows.
    """
    examples, texts = classifier.examples, classifier.wording.texts
    gr.HTML(classifier.wording.section("gallery"))
    numbers = gr.State(examples.choose())

    def show(label_name: str, outcome: Outcome | Literal[""]) -> tuple[Any, list[int], Any]:
        chosen = examples.choose(label_name, outcome)
        return gr.update(value=[_item(classifier, one) for one in chosen]), chosen, gr.update(visible=not chosen)

    with gr.Row(visible=len(examples.images) >= FEWEST_TO_FILTER, elem_id="examples-filter"):
        label_name = gr.Dropdown(
            [(texts("app.gallery.all_labels"), ALL), *((name, name) for name in examples.label_names)],
            value=ALL,
            label=texts("app.gallery.label"),
            min_width=240,
        )
        outcome = gr.Radio(
            [(texts(f"app.gallery.outcomes.{name or 'all'}"), name) for name in (ALL, *OUTCOMES)],
            value=ALL,
            label=texts("app.gallery.outcome"),
            min_width=320,
        )
    nothing = gr.HTML(f"<p>{texts.html('app.gallery.none')}</p>", visible=False)
    gallery = gr.Gallery(
        [_item(classifier, number) for number in examples.choose()],
        label=texts("app.gallery.heading"),
        show_label=False,
        columns=COLUMNS,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="examples",
    )
    for chosen in (label_name, outcome):
        chosen.input(
            show,
            [label_name, outcome],
            [gallery, numbers, nothing],
            api_visibility="private",
            concurrency_id="gallery",
            show_progress="hidden",
        )
    return gallery, numbers


def _item(classifier: Classifier, number: int) -> tuple[str, str]:
    image = classifier.examples.images[number]
    return str(image.path), image.label_name
