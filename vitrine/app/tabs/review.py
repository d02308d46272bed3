"""Tab: the review queue, one picture after the other, by mouse or by single keys."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import escape

from vitrine.app.classifier import Classifier
from vitrine.app.corrections import (
    LONGEST_LABEL,
    LONGEST_REVIEWER,
    CorrectionDesk,
    read_choice,
    reviewer_of,
    say_error,
)
from vitrine.app.review_keys import KEYS, NONE_OF_THESE, ON_DISPLAY, SKIP, TYPED, UNDO
from vitrine.app.review_wording import ReviewWording
from vitrine.app.reviewing import MOST_CHOICES, Place, Reviewing, View, kind_of
from vitrine.app.tabs.classify import READ_OUT
from vitrine.app.wording import notice
from vitrine.corrections.agreement import measure_agreement
from vitrine.corrections.review_queue import ReviewQueue
from vitrine.errors import UserError
from vitrine.ui.texts import Texts

PICTURE_HEIGHT = 380  # pixels
MOST_BESIDE = 6  # copies that are shown beside a picture
QUEUE = "review"  # in its own line: who reviews waits for nobody's upload


@dataclass(frozen=True)
class Review:
    """Answers the tab's events.

    Attributes:
        reviewing: the queue and what is said of it.
        texts: of the page's language.
    """

    reviewing: Reviewing
    texts: Texts

    def begin(self, place: Place, blind: bool, name: str, request: gr.Request) -> tuple[Any, ...]:
        """The tab was opened."""
        reviewer = reviewer_of(name, request)
        with suppress(UserError):  # of the store: `_show` says it
            place = self.reviewing.begin(place, reviewer)
        return self._show(place, blind, reviewer, "")

    def refresh(self, place: Place, blind: bool, name: str, request: gr.Request) -> tuple[Any, ...]:
        """The blind mode was turned on or off: the same picture otherwise."""
        return self._show(place, blind, reviewer_of(name, request), "")

    def act(
        self,
        what: str,
        on_display: str,
        place: Place,
        blind: bool,
        name: str,
        chosen: str | None,
        typed: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """A button or key.

        Args:
            what: the number of a choice, or one of the names above.
            on_display: number of the picture that was on display.
            place: where the visitor is.
            blind: whether label and suggestion are hidden.
            name: of the reviewer, as it was typed.
            chosen: label of the list.
            typed: new label.
            request: of the event.

        Returns:
            See `_show`.
        """
        reviewer = reviewer_of(name, request)
        if what != UNDO and on_display != str(place.number):
            return self._show(place, blind, reviewer, "")
        try:
            place, message = self._do(what, place, blind, reviewer, chosen, typed)
        except UserError as error:
            message = notice(say_error(error, self.texts))
        return self._show(place, blind, reviewer, message)

    def _do(
        self, what: str, place: Place, blind: bool, reviewer: str, chosen: str | None, typed: str
    ) -> tuple[Place, str]:
        if what == SKIP:
            return self.reviewing.skip(place, reviewer), ""
        if what == UNDO:
            undone = self.reviewing.undo(place)
            return undone, self._line("review.undone") if place.mine else ""
        view = self.reviewing.look(place, blind)
        if view.picture is None:
            return place, ""
        if what == TYPED:
            kind, label = read_choice(chosen, typed, self.reviewing.label_names, self.texts)
        else:
            label = "" if what == NONE_OF_THESE else view.choices[int(what) - 1]
            kind = kind_of(label, self.reviewing.label_names)
        said = label or self.texts("corrections.none")
        gone_on = self.reviewing.judge(place, view, kind, label, reviewer, blind)
        return gone_on, self._line("review.kept", label=said)

    def agreement(self) -> str:
        """How far all reviewers agree with the model and with each other."""
        try:
            found = measure_agreement(self.reviewing.store.all())
        except UserError as error:
            return notice(say_error(error, self.texts))
        return ReviewWording(self.texts).agreement(found)

    def _show(self, place: Place, blind: bool, reviewer: str, message: str) -> tuple[Any, ...]:
        """Place, picture, copies beside it, card, message, undo, list of labels, new label, and the nine choices."""
        view = self.reviewing.look(place, blind)
        if not blind and view.opened is not None:
            place = Place(place.number, place.mine, place.seen | {place.number})
        card, fault = self._card(view, place, blind, reviewer)
        message = message or fault
        beside = self._beside(view.picture.beside if view.picture else (), blind)
        names = [f"{number} · {label}" for number, label in enumerate(view.choices, start=1)]
        buttons = [gr.update(value=name, visible=True) for name in names]
        buttons += [gr.update(visible=False)] * (MOST_CHOICES - len(names))
        return (
            place,
            view.opened.to_show if view.opened else None,
            gr.update(value=beside, visible=bool(beside)),
            card,
            message,
            gr.update(interactive=bool(place.mine)),
            None,
            "",
            *buttons,
        )

    def _card(self, view: View, place: Place, blind: bool, reviewer: str) -> tuple[str, str]:
        """What is known of a picture, and what is wrong with the store, if anything."""
        said, done, fault = [], 0, ""
        try:
            said = self.reviewing.store.of_picture(*view.picture.key) if view.picture else []
            done = self.reviewing.done(reviewer)
        except UserError as error:
            fault = notice(say_error(error, self.texts))
        total = len(self.reviewing.queue.pictures)
        return ReviewWording(self.texts).card(view, place, total, done, blind, reviewer, said), fault

    def _beside(self, files: tuple[str, ...], blind: bool) -> list[tuple[Any, str]]:
        """The copies of a picture with their labels, which a blind review does not show."""
        labels = {picture.file: picture.label_name for picture in self.reviewing.queue.pictures}
        shown = []
        for file in files[:MOST_BESIDE]:
            image = self.reviewing.open_quietly(file)
            if image is not None:
                shown.append((image, "" if blind else labels.get(file, "")))
        return shown

    def _line(self, key: str, **values: object) -> str:
        return f'<p class="kept">{escape(self.texts(f"corrections.{key}", **values))}</p>'


def build_review(classifier: Classifier, desk: CorrectionDesk, queue: ReviewQueue, tab: gr.Tab) -> None:
    """The picture, what is known of it, and what to say of it.

    Args:
        classifier: of the page.
        desk: keeps what is said.
        queue: to go through.
        tab: that this stands in; the first picture comes when it is opened.
    """
    texts = classifier.wording.texts
    review = Review(Reviewing(classifier, queue, desk.store), texts)
    place, on_display = gr.State(Place()), gr.Textbox(visible=False)
    with gr.Row(elem_id="review"):
        with gr.Column(min_width=300):
            picture, beside = _pictures(texts)
        with gr.Column(min_width=300):
            card = gr.HTML("", elem_id="review-card", html_template=READ_OUT, js_on_load=KEYS)
            with gr.Row(elem_id="review-choices"):
                choices = [
                    gr.Button(visible=False, size="sm", elem_id=f"review-choice-{number}", min_width=140)
                    for number in range(1, MOST_CHOICES + 1)
                ]
            with gr.Row():
                buttons = {
                    NONE_OF_THESE: gr.Button(f"n · {texts('corrections.none_button')}", elem_id="review-none"),
                    SKIP: gr.Button(f"s · {texts('corrections.review.skip')}", elem_id="review-skip"),
                    UNDO: gr.Button(f"u · {texts('corrections.undo')}", interactive=False, elem_id="review-undo"),
                }
            message = gr.HTML("", elem_id="review-said", html_template=READ_OUT)
            label, new, save = _other_label(review.reviewing.label_names, texts)
            blind, name = _settings(texts)
    shown = [place, picture, beside, card, message, buttons[UNDO], label, new, *choices]
    options: dict[str, Any] = {"api_visibility": "private", "concurrency_id": QUEUE, "show_progress": "hidden"}
    gr.on([tab.select, name.submit], review.begin, [place, blind, name], shown, **options)
    blind.change(review.refresh, [place, blind, name], shown, **options)
    actions = {str(number): button.click for number, button in enumerate(choices, start=1)}
    actions |= {what: button.click for what, button in buttons.items()} | {TYPED: save.click}
    for what, event in actions.items():
        event(
            _acting(review, what),
            [on_display, place, blind, name, label, new],
            shown,
            js=ON_DISPLAY,
            trigger_mode="multiple",
            **options,
        )
    _agreement(review, texts)


def _acting(review: Review, what: str) -> Callable[..., tuple[Any, ...]]:
    """The event of a button; a function of its own, since Gradio looks at its arguments for the request."""

    def act(
        on_display: str, place: Place, blind: bool, name: str, chosen: str | None, typed: str, request: gr.Request
    ) -> tuple[Any, ...]:
        return review.act(what, on_display, place, blind, name, chosen, typed, request)

    return act


def _pictures(texts: Texts) -> tuple[gr.Image, gr.Gallery]:
    picture = gr.Image(
        label=texts("app.page.picture"),
        type="pil",
        format="png",
        interactive=False,
        height=PICTURE_HEIGHT,
        buttons=["fullscreen"],
        elem_id="review-picture",
        alt_text=texts("corrections.review.alt"),
    )
    beside = gr.Gallery(
        label=texts("corrections.review.beside"),
        visible=False,
        columns=3,
        height="auto",
        object_fit="contain",
        format="png",
        interactive=False,
        allow_preview=False,
        buttons=[],
        elem_id="review-beside",
    )
    return picture, beside


def _other_label(label_names: Any, texts: Texts) -> tuple[gr.Dropdown, gr.Textbox, gr.Button]:
    with gr.Accordion(texts("corrections.review.other"), open=False):
        label = gr.Dropdown(
            list(label_names),
            value=None,
            label=texts("corrections.correct.label"),
            info=texts("corrections.correct.label_info"),
            elem_id="review-label",
        )
        new = gr.Textbox(label=texts("corrections.correct.new"), max_length=LONGEST_LABEL, elem_id="review-new")
        save = gr.Button(texts("corrections.correct.keep"), variant="primary", elem_id="review-keep")
    return label, new, save


def _settings(texts: Texts) -> tuple[gr.Checkbox, gr.Textbox]:
    blind = gr.Checkbox(
        label=texts("corrections.review.blind"), info=texts("corrections.review.blind_info"), elem_id="review-blind"
    )
    gr.Checkbox(True, label=texts("corrections.review.keys"), interactive=True, elem_id="review-keys")
    name = gr.Textbox(
        label=texts("corrections.name"),
        placeholder=texts("corrections.name_hint"),
        max_length=LONGEST_REVIEWER,
        elem_id="review-name",
    )
    return blind, name


def _agreement(review: Review, texts: Texts) -> None:
    """The table, measured when somebody asks."""
    button = gr.Button(texts("corrections.review.agreement.button"), size="sm", elem_id="review-agreement-button")
    table = gr.HTML("", elem_id="review-agreement")
    button.click(review.agreement, None, table, api_visibility="private", concurrency_id=QUEUE)
