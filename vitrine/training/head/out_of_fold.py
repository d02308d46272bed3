"""What pictures are told by heads that have not seen them: evidence from all pictures, where a head is cheap.

The few validation pictures of a small data set can prove nothing. Heads on cached features cost so little that each of
five is trained without a fifth of the training and validation pictures and asked about that fifth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import PreTrainedModel

from vitrine.evaluation.probe.cross_validation import is_measurable, split_folds
from vitrine.evaluation.selective import least_pictures_to_prove
from vitrine.models.backbones.build import head_modules
from vitrine.models.calibration.ood import NEIGHBORS, build_reference, choose_rows
from vitrine.training.head.features import HeadInputs

# From so many validation pictures on, they alone decide: four times as many as could prove the precision leave room for
# some mistakes, and five more heads of so many pictures would take as long as the features did.
TIMES_NEEDED, MOST_VALIDATION = 4, 500

Numbers = npt.NDArray[np.float32]
# (views [views, pictures, width], label ids [pictures]): trains the model's head on them, from its first weights
Refit = Callable[[Numbers, npt.NDArray[np.int64]], None]


@dataclass(frozen=True)
class UnseenAnswers:
    """What a head answers to pictures that it was not fitted on.

    Attributes:
        logits: not calibrated, `[pictures, labels]`.
        label_ids: `[pictures]`.
        similarities: to the pictures that each head was fitted on, `[pictures]`; None where features are no one vector.
    """

    logits: Numbers
    label_ids: npt.NDArray[np.int64]
    similarities: Numbers | None


def enough_validation(precision: float) -> int:
    """How many validation pictures need no help: 160 for a precision of 95 %.

    Args:
        precision: wanted share of right answers.
    """
    needed = least_pictures_to_prove(precision, MOST_VALIDATION)
    return MOST_VALIDATION if needed is None else min(MOST_VALIDATION, TIMES_NEEDED * needed)


def answer_out_of_fold(
    model: PreTrainedModel, inputs: HeadInputs, groups: npt.NDArray[np.int64], seed: int, refit: Refit, enough: int
) -> UnseenAnswers | None:
    """Asks every training and validation picture of a head that was fitted without it and its group.

    Args:
        model: trained; its head has the same weights afterwards.
        inputs: the features.
        groups: of the training pictures, then of the validation pictures; members of one never answer for each other.
        seed: of the folds.
        refit: trains the model's head anew on some of them.
        enough: so many validation pictures decide alone.

    Returns:
        None where validation pictures are many, or fewer than two classes have two unrelated pictures.
    """
    label_ids = np.concatenate([inputs.train_label_ids, inputs.validation_label_ids])
    measurable = is_measurable(label_ids, groups)
    if len(inputs.validation) >= enough or len(np.unique(label_ids[measurable])) < 2:
        return None
    views, _ = join_labeled(inputs)  # a copy of all of them, so only where it is used
    plain = np.concatenate([inputs.plain, inputs.validation])
    head = nn.Sequential(*head_modules(model))
    kept = {name: tensor.detach().clone() for name, tensor in head.state_dict().items()}
    parts = []
    try:
        for fit_on, ask in split_folds(label_ids, groups, seed):
            asked = ask[np.isin(label_ids[ask], label_ids[fit_on])]  # large groups may leave a class out
            refit(views[:, fit_on], label_ids[fit_on])
            rows = fit_on[choose_rows(label_ids[fit_on], plain.shape[1], seed)]
            similarities = build_reference(plain[rows], label_ids[rows]).similarity(plain[asked], NEIGHBORS)
            parts.append(UnseenAnswers(apply_head(model, plain[asked]), label_ids[asked], similarities))
    finally:
        head.load_state_dict(kept)
    return _join(parts)


def join_labeled(inputs: HeadInputs) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Training and validation pictures together: views `[views, pictures, width]` and label ids `[pictures]`.

    Args:
        inputs: validation pictures have no augmented views; they are taken as they are in each.
    """
    views = np.concatenate([inputs.train, np.stack([inputs.validation] * len(inputs.train))], axis=1)
    return views, np.concatenate([inputs.train_label_ids, inputs.validation_label_ids])


@torch.inference_mode()
def apply_head(model: PreTrainedModel, features: Numbers) -> Numbers:
    """Logits `[pictures, labels]` of what the head receives, `[pictures, width]`."""
    model.eval()
    logits: torch.Tensor = nn.Sequential(*head_modules(model))(torch.from_numpy(features).to(model.device))
    found: Numbers = logits.float().cpu().numpy()
    return found


def _join(parts: Sequence[UnseenAnswers]) -> UnseenAnswers:
    similarities = [part.similarities for part in parts if part.similarities is not None]
    return UnseenAnswers(
        logits=np.concatenate([part.logits for part in parts]),
        label_ids=np.concatenate([part.label_ids for part in parts]),
        similarities=np.concatenate(similarities),
    )
