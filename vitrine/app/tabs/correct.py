"""Tab: "this is wrong", with the right label, of the picture that the tab Classify shows."""

import hashlib
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import escape

from vitrine.app.classifier import Classifier, Shown
from vitrine.app.corrections import (
    LONGEST_LABEL,
    LONGEST_REVIEWER,
    CorrectionDesk,
    model_side,
    read_choice,
    reviewer_of,
    say_consent,
    say_error,
    say_judgment,
    say_others,
)
from vitrine.app.tabs.classify import READ_OUT
from vitrine.app.wording import notice, say_decision
from vitrine.corrections.judgment import NONE, Judgment, Kind
from vitrine.corrections.store import CorrectionStore
from vitrine.errors import UserError
from vitrine.models.calibration.selective import Answer
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

PICTURE_HEIGHT = 320  # pixels
QUEUE = "corrections"  # no correction waits for the network, nor the network for a disk


@dataclass(frozen=True)
class Correct:
    """Answers the tab's events; what a visitor gave comes in with each of them.

    Attributes:
        predictor: the model.
        store: keeps corrections.
        texts: of the page's language.
    """

    predictor: Predictor
    store: CorrectionStore
    texts: Texts

    def show(self, shown: Shown | None) -> tuple[Any, ...]:
        """Another picture is on the tab Classify.

        Returns:
            Picture, what the model says, label, new label, consent, and what is said of the correction.
        """
        if shown is None or not shown.on_page:
            return None, self._empty(), None, "", False, ""
        decision = shown.prediction.decision
        question = "said" if isinstance(decision, Answer) else "hesitated"
        said = self.texts(f"corrections.correct.{question}", label=say_decision(decision, self.texts))
        return str(shown.path), f"<p>{escape(said)}</p>", None, "", False, ""

    def keep(
        self,
        shown: Shown | None,
        chosen: str | None,
        typed: str,
        consents: bool,
        name: str,
        mine: list[str],
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """Keeps the label that was chosen or typed. Returns what is said of it, this visitor's corrections, undo."""
        if shown is None or not shown.on_page:
            return notice(self.texts("corrections.refusal.no_picture")), mine, _undo(mine)
        try:
            kind, label = read_choice(chosen, typed, self.predictor.label_names, self.texts)
        except UserError as error:
            return notice(str(error)), mine, _undo(mine)
        return self._keep(shown, kind, label, consents, name, mine, request)

    def keep_none(
        self, shown: Shown | None, consents: bool, name: str, mine: list[str], request: gr.Request
    ) -> tuple[Any, ...]:
        """Keeps that the picture is of none of the classes; returns as `keep` does."""
        return self._keep(shown, NONE, "", consents, name, mine, request)

    def undo(self, mine: list[str]) -> tuple[Any, ...]:
        """Takes the visitor's latest correction back; returns as `keep` does."""
        if not mine:
            return "", mine, _undo(mine)
        try:
            taken = self.store.withdraw(mine[-1])
        except UserError as error:
            return notice(say_error(error, self.texts)), mine, _undo(mine)
        said = self.texts("corrections.taken_back", label=say_judgment(taken, self.texts))
        return f'<p class="kept">{escape(said)}</p>', mine[:-1], _undo(mine[:-1])

    def _keep(
        self,
        shown: Shown | None,
        kind: Kind,
        label: str,
        consents: bool,
        name: str,
        mine: list[str],
        request: gr.Request,
    ) -> tuple[Any, ...]:
        if shown is None or not shown.on_page:
            return notice(self.texts("corrections.refusal.no_picture")), mine, _undo(mine)
        reviewer = reviewer_of(name, request)
        try:
            content = (shown.original or shown.path).read_bytes()
        except OSError:  # uploads are deleted after a while
            return notice(self.texts("corrections.refusal.gone")), mine, _undo(mine)
        judgment = Judgment(
            hashlib.sha256(content).hexdigest(),
            kind,
            label,
            reviewer,
            label_name=shown.label_name or "",
            **model_side(self.predictor, shown.prediction),
        )
        try:
            kept = self.store.add(judgment, content if consents else None)
            others = say_others(self.store.of_picture(kept.sha256), reviewer, self.texts)
        except UserError as error:
            return notice(say_error(error, self.texts)), mine, _undo(mine)
        key = "corrections.correct.kept_with_picture" if kept.kept else "corrections.correct.kept"
        said = escape(self.texts(key, label=say_judgment(kept, self.texts)))
        return f'<p class="kept">{said}</p>{others}', [*mine, kept.id], _undo([*mine, kept.id])

    def _empty(self) -> str:
        return f"<p>{escape(self.texts('corrections.correct.empty'))}</p>"


def _undo(mine: list[str]) -> Any:
    return gr.update(interactive=bool(mine))


def build_correct(classifier: Classifier, shown: gr.State, desk: CorrectionDesk) -> None:
    """The picture, what to say of it, and what becomes of that.

    Args:
        classifier: of the page.
        shown: what the tab Classify shows.
        desk: keeps what is said.
    """
    texts = classifier.wording.texts
    correct = Correct(classifier.predictor, desk.store, texts)
    mine = gr.State([])
    with gr.Row(elem_id="correct"):
        with gr.Column(min_width=300):
            picture = gr.Image(
                label=texts("app.page.picture"),
                type="filepath",
                interactive=False,
                height=PICTURE_HEIGHT,
                buttons=[],
                elem_id="correct-picture",
                alt_text=texts("corrections.correct.alt"),
            )
            answer = gr.HTML(f"<p>{escape(texts('corrections.correct.empty'))}</p>", elem_id="correct-answer")
        with gr.Column(min_width=300):
            label, new, consents, name = _form(classifier.predictor, texts)
            with gr.Row():
                keep = gr.Button(texts("corrections.correct.keep"), variant="primary", elem_id="correct-keep")
                none = gr.Button(texts("corrections.none_button"), elem_id="correct-none")
                undo = gr.Button(texts("corrections.undo"), interactive=False, elem_id="correct-undo")
            said = gr.HTML("", elem_id="correct-said", html_template=READ_OUT)
            gr.HTML(say_consent(desk, texts), elem_id="correct-consent-line")
    result = [said, mine, undo]
    shown.change(
        correct.show,
        shown,
        [picture, answer, label, new, consents, said],
        api_visibility="private",
        queue=False,
        show_progress="hidden",
    )
    for event, function, inputs in (
        (keep.click, correct.keep, [shown, label, new, consents, name, mine]),
        (new.submit, correct.keep, [shown, label, new, consents, name, mine]),
        (none.click, correct.keep_none, [shown, consents, name, mine]),
        (undo.click, correct.undo, [mine]),
    ):
        event(function, inputs, result, api_visibility="private", concurrency_id=QUEUE, show_progress_on=said)


def _form(predictor: Predictor, texts: Texts) -> tuple[gr.Dropdown, gr.Textbox, gr.Checkbox, gr.Textbox]:
    """The right label, a new one, whether the picture may be kept, and who says so."""
    return (
        gr.Dropdown(
            list(predictor.label_names),
            value=None,
            label=texts("corrections.correct.label"),
            info=texts("corrections.correct.label_info"),
            filterable=True,
            elem_id="correct-label",
        ),
        gr.Textbox(label=texts("corrections.correct.new"), max_length=LONGEST_LABEL, elem_id="correct-new"),
        gr.Checkbox(label=texts("corrections.correct.consent"), elem_id="correct-consent"),
        gr.Textbox(
            label=texts("corrections.name"),
            placeholder=texts("corrections.name_hint"),
            max_length=LONGEST_REVIEWER,
            elem_id="correct-name",
        ),
    )
