"""What the tab for many pictures says, as HTML. Everything that comes from outside is escaped."""

import base64
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from vitrine.app.wording import Wording
from vitrine.predict.answers.rows import KINDS, Kind
from vitrine.predict.answers.table import AnswerRow
from vitrine.ui.stored import translate
from vitrine.ui.texts import Texts

COLUMNS = ("file", "decision", "label", "probability")


class BatchWording:
    """The tab's sentences in one language.

    Args:
        texts: of that language.
    """

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def _escaped(self, key: str, **values: object) -> Markup:
        return escape(self.texts(f"batch.{key}", **values))

    def waiting(self) -> str:
        """While files are copied and unpacked, whose number is not known yet."""
        return f'<p>{self._escaped("waiting")}</p><progress aria-label="{self._escaped("bar")}"></progress>'

    def progress(self, done: int, total: int, seconds: float) -> str:
        """A bar with what is done, and how long the rest will take.

        Args:
            done: number of pictures.
            total: likewise.
            seconds: that these took.
        """
        said = self._escaped(
            "progress", done=self.texts.number(done), pictures=self.texts("common.pictures", count=total)
        )
        if done:
            left = self._escaped("left", time=self.texts.duration(seconds / done * (total - done)))
            said = Markup("{} · {}").format(said, left)
        bar = f'<progress max="{total}" value="{done}" aria-label="{self._escaped("bar")}"></progress>'
        return f"<p>{said}</p>{bar}"

    def outcome(self, done: int, total: int, counts: Mapping[Kind, int]) -> str:
        """What came of a batch: how many files, and how many of each kind."""
        said = self._escaped("finished", count=done)
        if done < total:
            pictures = self.texts("common.pictures", count=total)
            said = self._escaped("stopped", done=self.texts.number(done), pictures=pictures)
        found = [self._escaped(f"counts.{kind}", count=counts[kind]) for kind in reversed(KINDS) if counts[kind]]
        items = "".join(f"<li>{one}</li>" for one in found)
        return f'<p>{said}</p><ul class="labels">{items}</ul>'

    def table(self, rows: Sequence[AnswerRow]) -> str:
        """A page of answers."""
        if not rows:
            return f'<p class="answers-empty">{self._escaped("empty")}</p>'
        heads = "".join(f'<th scope="col">{self._escaped(f"columns.{name}")}</th>' for name in COLUMNS)
        body = "".join(map(self._row, rows))
        return (
            f'<table class="answers" aria-label="{self._escaped("table")}"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _row(self, row: AnswerRow) -> str:
        kind = f'<span class="kind kind-{row.kind}">{self._escaped(f"kinds.{row.kind}")}</span>'
        head = f'<tr><th scope="row">{_show(row.thumbnail)}<span>{escape(row.file)}</span></th><td>{kind}</td>'
        if row.confidence is None:
            return f'{head}<td colspan="2">{escape(translate(row.cells["problem"], self.texts))}</td></tr>'
        label = escape(row.cells["label_1"])
        if row.kind == "unsure" and "label_2" in row.cells:
            label += Markup(" <small>{}</small>").format(self._escaped("or", label=row.cells["label_2"]))
        return f"{head}<td>{label}</td><td>{escape(Wording(self.texts).certainty(row.confidence))}</td></tr>"

    def pages(self, count: int) -> str:
        """After the number of the page: how many there are."""
        return f"<p>{self._escaped('pages', count=count)}</p>"

    def too_many(self, reason: str) -> str:
        """Why a batch was refused as a whole; HTML of its own."""
        return self._notice(self.texts.html("batch.too_many", reason=translate(reason, self.texts)))

    def disk_full(self) -> str:
        """That pictures could not be kept."""
        return self._notice(self._escaped("disk_full"))

    def gone(self) -> str:
        """That answers are not there any more."""
        return self._notice(self._escaped("gone"))

    def _notice(self, message: Markup) -> str:
        return f'<p class="notice" role="alert">{message}</p>'


def _show(thumbnail: bytes | None) -> str:
    """The name of the picture stands beside it, so that it needs no other text."""
    if thumbnail is None:
        return ""
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}" alt="">'
