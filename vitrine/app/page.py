"""What is on the page and where. Words are in `wording`, looks in `theme`, each tab in a file of `tabs`."""

import gradio as gr

from vitrine.app.batches import Batches
from vitrine.app.beside import Beside
from vitrine.app.classifier import Classifier
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.languages import LANGUAGES, NAMES, switch
from vitrine.app.model_facts import ModelFacts
from vitrine.app.tabs.batch import build_batch
from vitrine.app.tabs.classify import build_classify, default_top_k
from vitrine.app.tabs.correct import build_correct
from vitrine.app.tabs.model import build_model
from vitrine.app.tabs.programs import build_programs
from vitrine.app.tabs.review import build_review
from vitrine.app.wording import Wording, model_name
from vitrine.app.wrong_requests import answer_in_words
from vitrine.predict.batcher import Batcher
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts, load_texts

DELETE_EVERY_SECONDS = 300
DELETE_AFTER_SECONDS = 1800
WAITING_LINE = 64  # requests; one more is told at once that the page is busy


def build_interface(
    predictor: Predictor,
    address: str,
    first: Texts,
    batcher: Batcher | None = None,
    desk: CorrectionDesk | None = None,
    needs_password: bool = False,
    facts: ModelFacts | None = None,
    beside: Beside | None = None,
) -> gr.Blocks:
    """Builds the page of a model.

    Args:
        predictor: the model.
        address: where the page will be served; stands in the client snippets until the visitor's own is known.
        first: texts of the language in which the page is at its address; the others lie below it, as in `languages`.
        batcher: that asks the model for the plain routes, too; None makes one.
        desk: keeps what visitors correct; None: they cannot.
        needs_password: whether programs must give user and password.
        facts: of the model; None: those that it brings along.
        beside: a second model, whose answers stand beside those of the first.
    """
    name = model_name(predictor.model_id, predictor.metadata)
    page = gr.Blocks(
        title=f"{name} · Vitrine",
        analytics_enabled=False,
        delete_cache=(DELETE_EVERY_SECONDS, DELETE_AFTER_SECONDS),
    )

    def build(texts: Texts, is_first: bool) -> None:
        switched = switch(texts.language, first.language)
        gr.HTML(
            Wording(texts).header(name, predictor.label_names, predictor.metadata, predictor.network.name, switched)
        )
        classifier = Classifier(predictor, texts, batcher, beside)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(texts("app.tabs.classify"), id="classify"):
                shown = build_classify(classifier, page, is_first)
            with gr.Tab(texts("batch.tab"), id="batch"):
                build_batch(Batches(predictor, texts), page)
            if desk is not None:
                with gr.Tab(texts("corrections.correct.tab"), id="correct"):
                    build_correct(classifier, shown, desk)
            if desk is not None and desk.queue is not None:
                with gr.Tab(texts("corrections.review.tab"), id="review") as tab:
                    build_review(classifier, desk, desk.queue, tab)
            with gr.Tab(texts("model.tab"), id="model") as about:
                build_model(classifier, facts or ModelFacts(predictor.metadata), about)
            with gr.Tab(texts("app.tabs.programs"), id="programs"):
                build_programs(page, address, default_top_k(predictor), texts, needs_password)

    with page:
        build(first, is_first=True)
    for language in LANGUAGES:
        if language != first.language:
            with page.route(NAMES[language], language, show_in_navbar=False):
                build(load_texts(language), is_first=False)
    answer_in_words(page, first)
    page.queue(max_size=WAITING_LINE, api_open=False)  # closed: programs, too, wait in line
    return page
