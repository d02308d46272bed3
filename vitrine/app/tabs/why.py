"""Why the model answered as it did: a map over the picture at once, and a moment later how far to trust the map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import escape

from vitrine.app.classifier import Classifier, Shown
from vitrine.data.images.decoding import ImageError
from vitrine.explain.explainer import Explainer
from vitrine.ui.texts import Texts

MAP_HEIGHT = 320  # pixels


@dataclass(frozen=True)
class Why:
    """Answers the button; it keeps nothing between events.

    Attributes:
        explainer: of the model.
        texts: of the page's language.
    """

    explainer: Explainer
    texts: Texts

    def explain(self, shown: Shown | None) -> Iterator[tuple[Any, str]]:
        """The map of the likeliest class over the picture, with what it shows in words; then whether to trust it."""
        if shown is None or not shown.on_page:
            yield gr.update(value=None, visible=False), self._line("app.why.no_picture")
            return
        try:
            image = self.explainer.predictor.open_image(shown.path)
        except ImageError:  # uploads are deleted after a while
            yield gr.update(value=None, visible=False), self._line("app.why.gone")
            return
        found = self.explainer.explain(image, preprocessed=shown.prepared)
        if not found.importance.any():
            yield gr.update(value=None, visible=False), self._line("app.why.nothing", label=found.label_name)
            return
        lead = self._line("app.why.lead", label=found.label_name)
        yield gr.update(value=self.explainer.draw(image, found), visible=True), lead + self._line("app.why.checking")
        is_trusted = self.explainer.judge(found).is_trusted
        yield gr.skip(), lead + self._line("app.why.trusted" if is_trusted else "app.why.untrusted")

    def _line(self, key: str, **values: object) -> str:
        return f"<p>{escape(self.texts(key, **values))}</p>"


def build_why(classifier: Classifier, shown: gr.State) -> None:
    """The button, the map and its sentence, below the answer; another picture ends and empties them.

    Args:
        classifier: of the page.
        shown: what the page shows.
    """
    texts = classifier.wording.texts
    why = Why(Explainer(classifier.predictor), texts)
    button = gr.Button(texts("app.why.button"), size="sm", elem_id="why")
    drawn = gr.Image(
        visible=False,
        interactive=False,
        type="pil",
        format="png",
        height=MAP_HEIGHT,
        label=texts("app.why.heading"),
        alt_text=texts("app.why.heading"),
        buttons=["fullscreen"],
        elem_id="why-map",
    )
    said = gr.HTML("", elem_id="why-words")
    # In a queue of its own: the check asks the network for seconds, and other visitors shall not wait for it.
    asked = button.click(
        why.explain, shown, [drawn, said], show_progress_on=said, api_visibility="private", concurrency_id="why"
    )
    shown.change(
        forget_map, None, [drawn, said], cancels=asked, api_visibility="private", queue=False, show_progress="hidden"
    )


def forget_map() -> tuple[Any, str]:
    """For another picture: its map was not asked for."""
    return gr.update(value=None, visible=False), ""
