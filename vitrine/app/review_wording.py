"""What the tab of the review queue says, as HTML. Everything that comes from outside is escaped."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from vitrine.app.corrections import say_others
from vitrine.app.reviewing import Place, View
from vitrine.app.wording import Wording
from vitrine.corrections.agreement import Agreement, Agreements
from vitrine.corrections.judgment import Judgment
from vitrine.corrections.opinions import current, is_conflict
from vitrine.models.calibration.selective import NoneOfThese
from vitrine.ui.texts import Texts


@dataclass(frozen=True)
class ReviewWording:
    """Its sentences.

    Attributes:
        texts: of the page's language.
    """

    texts: Texts

    def card(
        self, view: View, place: Place, total: int, done: int, blind: bool, reviewer: str, said: Iterable[Judgment]
    ) -> str:
        """What is to be known of a picture; of a blind review, neither why it is here nor what anybody says of it.

        Args:
            view: of the picture.
            place: of the visitor; stands in the card, so that a key counts for the picture that was on display.
            total: pictures in the queue.
            done: how many of them the visitor has judged.
            blind: whether label and suggestion are hidden.
            reviewer: who looks.
            said: judgments about the picture.
        """
        progress = self._escaped("progress", number=min(place.number + 1, total), total=total, done=done)
        if view.picture is None:
            lines = Markup('<p class="answer-lead">{}</p>').format(self._escaped("all_done", count=total))
        elif view.opened is None:
            lines = Markup('<p class="answer-lead">{}</p>').format(self._escaped("not_here"))
        elif blind:
            lines = Markup('<p class="answer-lead">{}</p>').format(self._escaped("which"))
        else:
            lines = self._open_lines(view, said) + say_others(said, reviewer, self.texts)
        return str(
            Markup('<div class="review" data-place="{}"><p class="answer-hint">{}</p>{}</div>').format(
                place.number, progress, lines
            )
        )

    def _open_lines(self, view: View, said: Iterable[Judgment]) -> Markup:
        """Why the picture is here, the label that it has, what the model says."""
        picture, prediction = view.picture, view.prediction
        assert picture is not None  # noqa: S101 (for mypy)
        differ = ["reviewers_differ"] if any(map(is_conflict, current(said).values())) else []
        reasons = [self._escaped(f"reasons.{reason}") for reason in (*differ, *picture.reasons)]
        lines = [Markup('<p class="answer-lead">{}</p>').format(Markup(" · ").join(reasons))]
        if picture.label_name:
            lines.append(self._fact("has", picture.label_name))
        if picture.suggested:
            lines.append(self._fact("suggested", picture.suggested))
        if prediction is not None:
            label, share = prediction.ranking[0]
            if isinstance(prediction.decision, NoneOfThese):
                lines.append(self._fact("model", self.texts("corrections.none")))
            else:
                lines.append(self._fact("model", label, Wording(self.texts).certainty(share)))
        return Markup("").join(lines)

    def _fact(self, name: str, label: str, remark: str = "") -> Markup:
        tail = Markup(" <small>{}</small>").format(remark) if remark else ""
        return Markup('<p class="review-fact"><span>{}</span> <strong>{}</strong>{}</p>').format(
            self._escaped(name), label, tail
        )

    def agreement(self, found: Agreements) -> str:
        """The four shares with their intervals, and what to read from them."""
        rows = [
            self._row("model_blind", found.model_blind),
            self._row("model_shown", found.model_shown),
            self._row("reviewers_blind", found.reviewers_blind),
            self._row("reviewers_shown", found.reviewers_shown),
        ]
        table = Markup("<table class='agreement'><tbody>{}</tbody></table>").format(Markup("").join(rows))
        return str(table + Markup('<p class="answer-hint">{}</p>').format(self._escaped("agreement.bias")))

    def _row(self, name: str, agreement: Agreement) -> Markup:
        title = self._escaped(f"agreement.{name}")
        if not agreement.pictures:
            return Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(
                title, self._escaped("agreement.nothing")
            )
        share = self._escaped(
            "agreement.share",
            share=self.texts.percent(agreement.share),
            interval=self.texts.interval(*agreement.interval),
            same=self.texts.number(agreement.same),
            pictures=self.texts("common.pictures", count=agreement.pictures),
        )
        return Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(title, share)

    def _escaped(self, key: str, **values: object) -> Markup:
        return escape(self.texts(f"corrections.review.{key}", **values))
