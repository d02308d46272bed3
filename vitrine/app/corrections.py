"""What the tabs of corrections share: who corrects, what the model had said, and what to say when it cannot be kept."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup, escape

from vitrine.app.classifier import KINDS
from vitrine.app.wording import model_name
from vitrine.corrections.judgment import LABEL, NEW, NONE, Judgment, Kind
from vitrine.corrections.opinions import current
from vitrine.corrections.review_queue import ReviewQueue
from vitrine.corrections.store import CorrectionStore, StoreError
from vitrine.errors import UserError
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

LONGEST_LABEL = 100  # characters
LONGEST_REVIEWER = 60
REVISION_DIGITS = 12


@dataclass(frozen=True)
class CorrectionDesk:
    """Turns corrections on.

    Attributes:
        store: keeps them.
        queue: pictures to go through; None where the page has none.
        pushed_to: data set of the Hub that gets the corrections; "" for none.
    """

    store: CorrectionStore
    queue: ReviewQueue | None = None
    pushed_to: str = ""


def model_revision(predictor: Predictor) -> str:
    """Twelve digits that tell the files of a model from those of any other; "" where their checksums are not known."""
    files = predictor.metadata.files if predictor.metadata else {}
    if not files:
        return ""
    listing = "\n".join(f"{name} {files[name].sha256}" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()[:REVISION_DIGITS]


def reviewer_of(given: str, request: gr.Request | None) -> str:
    """Who corrects: the name that somebody gives, else this visitor and no other.

    The user name of `--user` is no help: all visitors share it.

    Args:
        given: the name, as it was typed.
        request: of the event.
    """
    name = clean(given, LONGEST_REVIEWER)
    if name or request is None or not request.session_hash:
        return name
    return f"visitor {hashlib.sha256(request.session_hash.encode()).hexdigest()[:8]}"


def clean(text: str | None, longest: int = LONGEST_LABEL) -> str:
    """A line of text as it can be kept: no control characters or halves of characters, one space between words.

    Args:
        text: as it was typed.
        longest: characters that are kept.
    """
    whole = (text or "").encode("utf-8", "ignore").decode()
    letters = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in whole)
    return " ".join(unicodedata.normalize("NFC", letters).split())[:longest].strip()


def read_choice(chosen: str | None, typed: str, label_names: Sequence[str], texts: Texts) -> tuple[Kind, str]:
    """Kind and label of what somebody chose from the list or typed.

    Args:
        chosen: a class of the list, or None.
        typed: a new label, or "". One that the model knows, in whatever case, is that class; so is one with blanks,
            hyphens or low lines in other places, unless two classes are so alike.
        label_names: that the model knows.
        texts: of the language of the refusal.

    Raises:
        UserError: neither was given, or two different ones.
    """
    new = clean(typed)
    if new and new not in label_names:
        new = _find_alike(new, label_names) or new
    if new and chosen and new != chosen:
        raise UserError(texts("corrections.refusal.two_labels", first=chosen, second=new))
    label = new or chosen or ""
    if not label:
        raise UserError(texts("corrections.refusal.no_label"))
    return (LABEL if label in label_names else NEW), label


def _find_alike(typed: str, label_names: Sequence[str]) -> str | None:
    for plain in (str.casefold, lambda name: re.sub(r"[\s_-]+", " ", name.casefold())):
        alike = [name for name in label_names if plain(name) == plain(typed)]
        if len(alike) == 1:
            return alike[0]
    return None


def model_side(predictor: Predictor, prediction: Prediction) -> dict[str, Any]:
    """What a judgment notes of the model: fields of `Judgment` by name.

    Args:
        predictor: that was asked.
        prediction: its answer.
    """
    return {
        "answer": prediction.ranking[0][0],
        "decision": KINDS[type(prediction.decision)],
        "model": model_name(predictor.model_id, predictor.metadata),
        "revision": model_revision(predictor),
    }


def say_error(error: UserError, texts: Texts) -> str:
    """For a visitor: what a store says names folders of this machine, which are nobody's business."""
    return texts(f"corrections.refusal.{error.reason}") if isinstance(error, StoreError) else str(error)


def say_consent(desk: CorrectionDesk, texts: Texts) -> str:
    """The line that stands where corrections are kept: what is kept, and where it goes."""
    pushed = f" {texts('corrections.pushed_line', place=desk.pushed_to)}" if desk.pushed_to else ""
    return f'<p class="answer-hint">{escape(texts("corrections.consent_line") + pushed)}</p>'


def say_judgment(judgment: Judgment, texts: Texts) -> str:
    """The label that was given, in words."""
    return texts("corrections.none") if judgment.kind == NONE else texts("common.quoted", name=judgment.label)


def say_others(judgments: Iterable[Judgment], reviewer: str, texts: Texts) -> Markup:
    """What others than this reviewer say of a picture, where they differ from it or from each other; else "".

    Args:
        judgments: about the picture, in the order in which they were kept.
        reviewer: whose own judgment stands against the others.
        texts: of the page's language.
    """
    opinions = [one for of_one in current(judgments).values() for one in of_one.values()]  # of copies, too
    own = {one.opinion for one in opinions if one.reviewer == reviewer}
    others = {one.opinion: one for one in opinions if one.reviewer != reviewer and one.opinion not in own}
    if not others or (not own and len(others) == 1):
        return Markup()
    said = texts.join([say_judgment(one, texts) for one in others.values()])
    return Markup('<p class="conflict">{}</p>').format(escape(texts("corrections.conflict", labels=said)))
