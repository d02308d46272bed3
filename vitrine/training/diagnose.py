"""What a finished training has to say of its pictures: mistakes, likely wrong labels, and whether more would help.

The trained network has learned the labels of its training pictures, so it cannot judge them. The pretrained network as
it was before can: heads on its features answer for the pictures that they were fitted without.
"""

from contextlib import suppress

import numpy as np
import numpy.typing as npt

from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import number_groups
from vitrine.errors import NotMeasurableError
from vitrine.evaluation.image_attributes import describe_images
from vitrine.evaluation.label_errors import LabeledProbabilities, judge_by_features
from vitrine.evaluation.learning_curve.curve import LearningCurve, measure_learning_curve
from vitrine.evaluation.mistakes import collect_mistakes
from vitrine.evaluation.probe.choice import choose_images
from vitrine.evaluation.probe.cross_validation import Features
from vitrine.predict.predictions import Predictions
from vitrine.records.mistakes import Mistakes
from vitrine.training.head.features import HeadInputs
from vitrine.training.probe_features import MOST_PICTURES, ProbePlan, compute_frozen_features, label_ids_of


def examine(
    plan: ProbePlan | None,
    prepared: PreparedDataset,
    head_inputs: HeadInputs | None,
    validation: Predictions,
    test: Predictions,
) -> tuple[Mistakes, LearningCurve | None]:
    """Looks at what the model did wrong, and at the pictures it learned from.

    Args:
        plan: how the training pictures are looked at too, which takes about as long as one pass over them; None: not.
        prepared: its data set.
        head_inputs: one vector for each picture, which the head was trained on and need not be computed again; None:
            there are none.
        validation: what the trained model says to the validation pictures.
        test: what it says to the test pictures.

    Returns:
        The sections `mistakes` and `learning_curve` of metrics.json; no curve where nothing pretrained is at hand.
    """
    judged = [LabeledProbabilities.from_predictions(TEST, test)]
    judged.append(LabeledProbabilities.from_predictions(VALIDATION, validation))
    curve, training = None, None
    if plan is not None:
        with suppress(NotMeasurableError):  # a head without one vector of features, classes without unrelated pictures
            training, curve = _study(plan, prepared, head_inputs)
    not_examined = [TRAIN] if training is None else []
    judged += [] if training is None else [training]
    return collect_mistakes(judged, prepared.label_names, describe_images(prepared, TEST), not_examined), curve


def _study(
    plan: ProbePlan, prepared: PreparedDataset, head_inputs: HeadInputs | None
) -> tuple[LabeledProbabilities | None, LearningCurve]:
    """A judge of the training labels, and the learning curve of training and validation pictures."""
    seed, names, train = plan.engine.seed, prepared.label_names, prepared.splits[TRAIN]
    if head_inputs is not None:
        features, label_ids, files = _choose_inputs(prepared, head_inputs, seed)
        groups = number_groups(prepared.folder, files)
    else:
        found = compute_frozen_features(plan, prepared)
        features, label_ids, files, groups = found.values, label_ids_of(found.rows), found.rows["file"][:], found.groups
    in_training = np.isin(np.asarray(files, dtype=object), read_column(train, "file").to_numpy())
    judge = judge_by_features(
        TRAIN,
        np.asarray(files, dtype=object)[in_training].tolist(),
        features[in_training],
        label_ids[in_training],
        len(names),
        groups[in_training],
        seed,
        of=len(train),
    )
    return judge, measure_learning_curve(features, label_ids, names, groups, seed)


def _choose_inputs(
    prepared: PreparedDataset, head_inputs: HeadInputs, seed: int
) -> tuple[Features, npt.NDArray[np.int64], list[str]]:
    """Features, label ids and files of the pictures that `compute_frozen_features` would look at."""
    label_ids = np.concatenate([head_inputs.train_label_ids, head_inputs.validation_label_ids])
    files = [name for split in (TRAIN, VALIDATION) for name in read_column(prepared.splits[split], "file").to_pylist()]
    rows = choose_images(label_ids, MOST_PICTURES, seed)
    in_training = len(head_inputs.plain)
    plain, validation = rows[rows < in_training], rows[rows >= in_training] - in_training
    features = np.concatenate([head_inputs.plain[plain], head_inputs.validation[validation]])
    return features, label_ids[rows], [files[row] for row in rows.tolist()]
