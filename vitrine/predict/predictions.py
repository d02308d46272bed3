"""What a model says of pictures: the one type that commands, evaluation, training and app read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.calibration.selective import Decision, decide, decision_kinds
from vitrine.models.calibration.softmax import softmax
from vitrine.records.model import Trust
from vitrine.records.scratch import scratch_array

Rows = npt.NDArray[np.integer] | npt.NDArray[np.bool_] | Sequence[int]


@dataclass(frozen=True)
class Prediction:
    """What a model says of one picture.

    Attributes:
        ranking: every label with its calibrated probability, highest first.
        decision: what follows from that.
        similarity: mean cosine similarity to the nearest training images; None where the model does not measure it.
    """

    ranking: tuple[tuple[str, float], ...]
    decision: Decision
    similarity: float | None


@dataclass(frozen=True)
class Predictions:
    """What a model says of pictures.

    Attributes:
        ids: names of the pictures in their source, `[pictures]`.
        logits: calibrated, `[pictures, labels]`.
        label_names: in the order of the label ids.
        label_ids: the true ones, `[pictures]`; None where they are not known.
        similarities: mean cosine similarity to the nearest training images, `[pictures]`; None where the model does not
            measure it.
        trust: thresholds by which is decided; None for a model that always answers.
    """

    ids: Sequence[str]
    logits: npt.NDArray[np.floating]
    label_names: Sequence[str]
    label_ids: npt.NDArray[np.int64] | None = None
    similarities: npt.NDArray[np.floating] | None = None
    trust: Trust | None = None

    def __post_init__(self) -> None:
        if self.logits.shape != (len(self.ids), len(self.label_names)):
            raise ValueError(
                f"logits: must be [{len(self.ids)} pictures, {len(self.label_names)} labels] "
                f"(got {list(self.logits.shape)})"
            )
        for name in ("label_ids", "similarities"):
            values = getattr(self, name)
            if values is not None and values.shape != (len(self.ids),):
                raise ValueError(f"{name}: must be [{len(self.ids)} pictures] (got {list(values.shape)})")

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Prediction:
        similarity = None if self.similarities is None else float(self.similarities[row])
        return Prediction(tuple(self._rank(self.probabilities[row])), self.decisions[row], similarity)

    def __iter__(self) -> Iterator[Prediction]:
        return (self[row] for row in range(len(self)))

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Calibrated, `[pictures, labels]`; every row sums to 1."""
        return softmax(self.logits)

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """Probability of the likeliest label, `[pictures]`."""
        highest: npt.NDArray[np.float64] = self.probabilities.max(axis=1)
        return highest

    @cached_property
    def decisions(self) -> Sequence[Decision]:
        """An answer, two labels between which the model is unsure, or none of its classes, `[pictures]`."""
        return decide(self.probabilities, self.label_names, self.trust, self.similarities)

    @property
    def decision_kinds(self) -> npt.NDArray[np.str_]:
        """The same as answered, unsure or none, `[pictures]`."""
        return decision_kinds(self.probabilities, self.trust, self.similarities)

    @property
    def true_label_ids(self) -> npt.NDArray[np.int64]:
        """`label_ids`, for those who need them.

        Raises:
            ValueError: they are not known.
        """
        if self.label_ids is None:
            raise ValueError("the true labels of these pictures are not known")
        return self.label_ids

    @property
    def is_right(self) -> npt.NDArray[np.bool_]:
        """Whether the likeliest label is the true one, `[pictures]`; raises as `true_label_ids` does."""
        matches: npt.NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.true_label_ids
        return matches

    def select(self, rows: Rows) -> Self:
        """Some of the pictures, by their numbers or by a mask, in the order given."""
        chosen = np.asarray(rows)
        chosen = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
        if np.array_equal(chosen, np.arange(len(self))):
            return self
        return replace(
            self,
            ids=[self.ids[row] for row in chosen.tolist()],
            logits=by_blocks(self.logits.__getitem__, chosen),
            label_ids=None if self.label_ids is None else self.label_ids[chosen],
            similarities=None if self.similarities is None else self.similarities[chosen],
        )

    def _rank(self, probabilities: npt.NDArray[np.float64]) -> Iterator[tuple[str, float]]:
        for label_id in np.argsort(-probabilities, kind="stable"):
            yield self.label_names[label_id], float(probabilities[label_id])


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of one model for several batches, at least one, in their order; true labels are dropped.

    Batches without pictures say nothing of whether the model measures similarity.
    """
    logits = [part.logits for part in parts]
    room = scratch_array((sum(map(len, logits)), *logits[0].shape[1:]), np.result_type(*{one.dtype for one in logits}))
    measured = [part.similarities for part in parts if part.similarities is not None and len(part)]
    return replace(
        parts[0],
        ids=[name for part in parts for name in part.ids],
        logits=np.concatenate(logits, out=room),
        label_ids=None,
        similarities=np.concatenate(measured) if measured else None,
    )
