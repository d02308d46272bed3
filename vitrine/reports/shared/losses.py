"""The worst answers, picture by picture; where none was wrong, the right ones that were nearest to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vitrine.records.mistakes import TopLoss
from vitrine.ui.frame import Thumbnail
from vitrine.ui.texts import Texts

MOST_LOSSES = 12


@dataclass(frozen=True)
class Shown:
    """A picture with two lines under it; `picture` is None where the data set has it no more."""

    picture: Thumbnail | None
    file: str
    first: str
    second: str


def show_losses(
    losses: Sequence[TopLoss], find: Callable[[str], Thumbnail | None], texts: Texts
) -> dict[str, object] | None:
    """Heading and pictures; None where there are none.

    Args:
        losses: answers that gave the true class the least probability, the least first.
        find: gives the picture of a file; None where there is none any more.
        texts: of the page's language.
    """
    wrong = [loss for loss in losses if loss.predicted != loss.label_name]
    chosen = (wrong or list(losses))[:MOST_LOSSES]
    if not chosen:
        return None
    prefix = "" if wrong else "right_"
    return {
        "title": texts(f"mistakes.losses.{prefix}title"),
        "intro": texts(f"mistakes.losses.{prefix}intro"),
        "rows": [_show_loss(loss, find, texts) for loss in chosen],
    }


def _show_loss(loss: TopLoss, find: Callable[[str], Thumbnail | None], texts: Texts) -> dict[str, Any]:
    is_right = loss.predicted == loss.label_name
    key = "mistakes.losses.right" if is_right else "mistakes.losses.wrong"
    second = texts(key, predicted=loss.predicted, share=texts.percent(loss.probability))
    own = texts(
        "mistakes.losses.own", share=texts.percent(loss.own_probability, 1 if loss.own_probability < 0.1 else 0)
    )
    shown = Shown(find(loss.file), loss.file, loss.label_name, second)
    return {"shown": shown, "own": "" if is_right else own, "is_right": is_right}
