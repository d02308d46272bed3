"""What is on the page and where. Words are in `wording`, looks in `theme`, each tab in a file of `tabs`."""

from dataclasses import dataclass
from typing import Self

import gradio as gr

from vitrine.app.batches import Batches
from vitrine.app.beside import Beside
from vitrine.app.classifier import Classifier
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.languages import build_in_each, switch
from vitrine.app.model_facts import ModelFacts
from vitrine.app.retraining_job import RetrainingJob
from vitrine.app.tabs.batch import build_batch
from vitrine.app.tabs.classify import build_classify, default_top_k
from vitrine.app.tabs.correct import build_correct
from vitrine.app.tabs.model import build_model
from vitrine.app.tabs.programs import build_programs
from vitrine.app.tabs.retrain import build_retrain
from vitrine.app.tabs.review import build_review
from vitrine.app.wording import Wording, model_name
from vitrine.app.wrong_requests import answer_in_words
from vitrine.predict.batcher import Batcher
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

DELETE_EVERY_SECONDS = 300
DELETE_AFTER_SECONDS = 1800
WAITING_LINE = 64  # requests; one more is told at once that the page is busy


@dataclass(frozen=True)
class Retraining:
    """A retraining that visitors may start.

    Attributes:
        job: that runs it.
        command: that does the same on a terminal.
    """

    job: RetrainingJob
    command: str


@dataclass(frozen=True)
class PageParts:
    """What stands behind a page.

    Attributes:
        predictor: the model.
        batcher: asks it, for the plain routes, too.
        facts: of the model.
        desk: keeps what visitors correct; None: they cannot.
        beside: a second model, whose answers stand beside those of the first.
        needs_password: whether programs must give user and password.
        retraining: that a button starts; None: the page has none.
        speaks_mcp: whether assistants may use the model as a tool.
    """

    predictor: Predictor
    batcher: Batcher
    facts: ModelFacts
    desk: CorrectionDesk | None = None
    beside: Beside | None = None
    needs_password: bool = False
    retraining: Retraining | None = None
    speaks_mcp: bool = False

    @classmethod
    def of(cls, predictor: Predictor) -> Self:
        """Of a model alone, with what it says of itself."""
        return cls(predictor, Batcher(predictor), ModelFacts(predictor.metadata))


def build_interface(parts: PageParts, address: str, first: Texts) -> gr.Blocks:
    """Builds the page of a model.

    Args:
        parts: what stands behind it.
        address: where the page will be served; stands in the client snippets until the visitor's own is known.
        first: texts of the language in which the page is at its address; the others lie below it, as in `languages`.
    """
    predictor = parts.predictor
    name = model_name(predictor.model_id, predictor.metadata)
    page = gr.Blocks(
        title=f"{name} · Vitrine",
        analytics_enabled=False,
        delete_cache=(DELETE_EVERY_SECONDS, DELETE_AFTER_SECONDS),
    )
    build_in_each(page, first, lambda texts: _build(page, parts, address, texts, first))
    answer_in_words(page, first)
    page.queue(max_size=WAITING_LINE, api_open=False)  # closed: programs, too, wait in line
    return page


def _build(page: gr.Blocks, parts: PageParts, address: str, texts: Texts, first: Texts) -> None:
    """Header and tabs in one language."""
    predictor, desk = parts.predictor, parts.desk
    name = model_name(predictor.model_id, predictor.metadata)
    links = switch(texts.language, first.language)
    gr.HTML(Wording(texts).header(name, predictor.label_names, predictor.metadata, predictor.network.name, links))
    classifier = Classifier(predictor, texts, parts.batcher, parts.beside)
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(texts("app.tabs.classify"), id="classify"):
            shown = build_classify(classifier, page, has_endpoints=texts.language == first.language)
        with gr.Tab(texts("batch.tab"), id="batch"):
            build_batch(Batches(predictor, texts), page)
        if desk is not None:
            with gr.Tab(texts("corrections.correct.tab"), id="correct"):
                build_correct(classifier, shown, desk)
        if desk is not None and desk.queue is not None:
            with gr.Tab(texts("corrections.review.tab"), id="review") as tab:
                build_review(classifier, desk, desk.queue, tab)
        if parts.retraining is not None:
            with gr.Tab(texts("retrain.tab"), id="retrain") as tab:
                build_retrain(parts.retraining.job, parts.retraining.command, texts, tab)
        with gr.Tab(texts("model.tab"), id="model") as about:
            build_model(classifier, parts.facts, about)
        with gr.Tab(texts("app.tabs.programs"), id="programs"):
            top_k = default_top_k(predictor)
            build_programs(page, address, top_k, texts, parts.needs_password, parts.speaks_mcp)
    gr.HTML(Wording(texts).help(can_correct=desk is not None))
