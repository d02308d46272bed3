"""Whether a model answers alike in another form, on pictures that it has not learned from.

The test split is asked without its labels: nothing is chosen by the answers, a file is written or it is not.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vitrine.data.loading.labeled import LabeledImage, list_images, spread_evenly
from vitrine.data.manifest.split_names import TEST
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.provenance import compare_origin
from vitrine.models.hub_files import find_model_folder
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs
from vitrine.records.model import METADATA, Agreement, ModelMetadata
from vitrine.records.prepared import FACTS

BATCH = 8
MOST_PICTURES = 1000
LEAST_SAME = 0.99
EXACT = 1e-3  # in probability and similarity, of another engine in float32
ROUNDED = 1.0  # of numbers with fewer bits: the share of equal first answers decides

Ask = Callable[[Pixels], Outputs]


def find_prepared(model_id: str) -> Path:
    """The prepared data set that a model's recipe names.

    Args:
        model_id: as for `find_model_folder`.

    Raises:
        UserError: there is no such model, it says nothing of one, or that is not there.
    """
    path = find_model_folder(model_id, weights=False) / METADATA
    recipe = ModelMetadata.read(path).recipe if path.is_file() else {}
    named = recipe.get("data", {}).get("prepared") or (f"prepared/{recipe['name']}" if "name" in recipe else None)
    folder = make_local(Path(named).expanduser()) if named else None
    if folder is None or not (folder / FACTS).is_file():
        where = f" ({folder} is not there)" if folder else ""
        raise UserError(f"{model_id}: give the prepared data set that it was trained on with --data{where}")
    return folder


def check_origin(predictor: Predictor, prepared: PreparedDataset) -> None:
    """Makes sure that a model was trained on just this data set, so that its splits are known.

    Raises:
        UserError: it was not.
    """
    if compare_origin(predictor.metadata, "", prepared.facts) != "same_split":
        raise UserError(
            f"{prepared.folder} is not the data set that {predictor.model_id} was trained on, so nobody knows which of "
            "its pictures the model has learned; give that one with --data"
        )


def list_test_pictures(predictor: Predictor, prepared: PreparedDataset) -> list[LabeledImage]:
    """The pictures that a model in another form is compared on, 1,000 at most, of all classes.

    Raises:
        UserError: the data set is not the model's, or has no test split.
    """
    check_origin(predictor, prepared)
    pictures = list_images(prepared, TEST) if TEST in prepared.splits else []
    if not pictures:
        raise UserError(f"{prepared.folder} has no test pictures, so whether the file answers alike cannot be measured")
    return spread_evenly(pictures, MOST_PICTURES)


def read_pixels(predictor: Predictor, side: int, pictures: Sequence[LabeledImage]) -> Iterator[Pixels]:
    """What the network sees, in batches; stored images of its own size are only normalised.

    Args:
        predictor: of the model.
        side: of its pictures, in pixels.
        pictures: to read.
    """
    for start in range(0, len(pictures), BATCH):
        yield np.concatenate([_read_one(predictor, side, picture) for picture in pictures[start : start + BATCH]])


def _read_one(predictor: Predictor, side: int, picture: LabeledImage) -> Pixels:
    stored = picture.open_preprocessed() if picture.open_preprocessed else None
    if stored is not None and stored.width == side:
        return predictor.pixels([stored], preprocessed=True)
    return predictor.pixels([picture.open()])


def gather(predictor: Predictor, outputs: Sequence[Outputs]) -> Predictions:
    """Outputs of several batches as answers of a model; their ids are their numbers."""
    logits = np.concatenate([one.logits for one in outputs])
    measured = [one.similarity for one in outputs if one.similarity is not None]
    ids = [str(number) for number in range(len(logits))]
    similarities = np.concatenate(measured) if measured else None
    return Predictions(ids, logits, predictor.label_names, similarities=similarities, trust=predictor.trust)


def compare(expected: Predictions, found: Predictions) -> Agreement:
    """How alike two series of answers to the same pictures are."""
    first, second = expected.logits.argmax(axis=1), found.logits.argmax(axis=1)
    same = int(((first == second) & np.isfinite(found.logits).all(axis=1)).sum())
    kinds = zip(expected.decision_kinds, found.decision_kinds, strict=True)
    return Agreement(
        pictures=len(expected),
        same=same,
        interval=wilson_interval(same, len(expected)),
        same_decisions=sum(one == other for one, other in kinds),
        largest_gap=_measure_gap(expected, found),
    )


def _measure_gap(expected: Predictions, found: Predictions) -> float:
    """Of probabilities and similarities; 1 where something is not a number, or is missing."""
    if (expected.similarities is None) != (found.similarities is None):
        return 1.0
    gaps = [np.abs(expected.probabilities - found.probabilities).max()]
    if expected.similarities is not None and found.similarities is not None:
        gaps.append(np.abs(expected.similarities - found.similarities).max())
    return float(min(1.0, max(gaps))) if np.isfinite(gaps).all() else 1.0


def check_agreement(model_id: str, agreement: Agreement, most: float) -> None:
    """Makes sure that a model in another form may be written.

    Args:
        model_id: of the model, for the message.
        agreement: as it was measured.
        most: the largest gap that is allowed.

    Raises:
        UserError: it answers differently.
    """
    if agreement.same < LEAST_SAME * agreement.pictures or agreement.largest_gap > most:
        raise UserError(
            f"{model_id}: in this format it would answer differently (same first answer to {agreement.same:,} of "
            f"{agreement.pictures:,} test pictures, probabilities off by up to {agreement.largest_gap:.2g}), so "
            "nothing was written; export it as float32"
        )
