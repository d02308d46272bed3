"""Tab: what the model is, how good it is, what it is not for, and how fast it answers here."""

import time
from threading import Lock

import gradio as gr

from vitrine.app.classifier import Classifier
from vitrine.app.model_facts import ModelFacts
from vitrine.app.model_wording import ModelWording
from vitrine.predict.latency import measure_latency
from vitrine.predict.predictor import Predictor

FRESH_SECONDS = 60  # visitors who come within a minute are told what the first of them was


def build_model(classifier: Classifier, facts: ModelFacts, tab: gr.Tab) -> None:
    """All that is known of the model; what depends on this machine is measured when the tab opens.

    Args:
        classifier: of the page.
        facts: of the model.
        tab: in which this is.
    """
    predictor = classifier.predictor
    examples = {example.label_name: example.path for example in reversed(classifier.examples.images)}
    texts = classifier.wording.texts
    wording = ModelWording(facts, predictor.label_names, examples, predictor.network.name, texts, predictor.choice)
    gr.HTML(wording.sections(), elem_id="model-facts")
    latency = gr.HTML(wording.latency(None), elem_id="model-latency")
    measured = Latency(predictor)
    tab.select(
        lambda: wording.latency(measured.seconds()),
        None,
        latency,
        api_visibility="private",
        concurrency_id="latency",
        show_progress="hidden",
    )


class Latency:
    """How long an answer takes now.

    Args:
        predictor: the model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._lock = Lock()
        self._seconds = self._until = 0.0

    def seconds(self) -> float:
        """Of one answer; measured again after a minute."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._seconds = measure_latency(self._predictor)
                self._until = time.monotonic() + FRESH_SECONDS
            return self._seconds
