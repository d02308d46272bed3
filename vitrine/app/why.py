"""Why the model answered as it did: a map over the picture at once, and a moment later how far to trust the map."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import escape

from vitrine.app.classifier import Classifier, Shown
from vitrine.explain.explainer import Explainer, Explanation
from vitrine.explain.overlay import overlay, what_the_map_is_about
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

    def show_map(self, shown: Shown | None) -> tuple[Any, str, Explanation | None]:
        """The map of the likeliest class over the picture, what it shows in words, and what is to be checked."""
        if shown is None or not shown.on_page:
            return gr.update(value=None, visible=False), self._line("app.why.no_picture"), None
        image = self.explainer.predictor.open_image(shown.path)
        found = self.explainer.explain(image, preprocessed=shown.prepared)
        if not found.importance.any():
            return gr.update(value=None, visible=False), self._line("app.why.nothing", label=found.label_name), None
        pixels = self.explainer.pixels(image, shown.prepared)[0]
        about = what_the_map_is_about(image, pixels, self.explainer.predictor.preprocess.settings)
        drawn = gr.update(value=overlay(about, found.importance), visible=True)
        said = self._line("app.why.lead", label=found.label_name) + self._line("app.why.checking")
        return drawn, said, found

    def check_map(self, shown: Shown | None, found: Explanation | None) -> Any:
        """Whether the map tells more than maps that know nothing, in words."""
        if shown is None or found is None:
            return gr.skip()
        verdict = self.explainer.judge(
            self.explainer.predictor.open_image(shown.path), found, preprocessed=shown.prepared
        )
        key = "app.why.trusted" if verdict.is_trusted else "app.why.untrusted"
        return self._line("app.why.lead", label=found.label_name) + self._line(key)

    def _line(self, key: str, **values: object) -> str:
        return f"<p>{escape(self.texts(key, **values))}</p>"


def build_why(classifier: Classifier, shown: gr.State, one_at_a_time: str) -> tuple[gr.Image, gr.HTML]:
    """The button, the map and its sentence, below the answer; returns what a new picture empties.

    Args:
        classifier: of the page.
        shown: what the page shows.
        one_at_a_time: the queue of everything that asks the network.
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
    found = gr.State(None)
    button.click(
        why.show_map,
        shown,
        [drawn, said, found],
        show_progress_on=said,
        api_visibility="private",
        concurrency_id=one_at_a_time,
    ).then(
        why.check_map,
        [shown, found],
        said,
        show_progress="hidden",
        api_visibility="private",
        concurrency_id=one_at_a_time,
    )
    return drawn, said


def forget_map() -> tuple[Any, str]:
    """For another picture: its map was not asked for."""
    return gr.update(value=None, visible=False), ""
