"""Wrong labels put into a data set on purpose: how many are found, beside cleanlab on the same probabilities.

Labels of a share of all pictures are changed, out-of-fold probabilities of a linear head on frozen features are
computed from the wrong labels, and the pictures are ranked: by Vitrine with and without its neighbours, and by the
methods of cleanlab, if that is installed (`pip install cleanlab`; AGPL, so it is no part of Vitrine). "uniform": the
wrong label is any other one; "similar": the one that a head finds likeliest, as people err. Given are average
precision, the share of the wrong labels within the first 2n places (n: how many there are), and for the list that
Vitrine shows its length by n, the share of the wrong labels in it (recall), and the share of it that is wrong
(precision).

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/label_errors.py --model FOLDER_OR_HUB_ID [--prepared prepared/s2_dogs5] [--seeds 10]
"""

import argparse
import statistics
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from vitrine.evaluation.label_errors import (  # noqa: E402 (after the path)
    INVERSE_PENALTY,
    LabeledProbabilities,
    count_confident,
    find_label_errors,
    judge_by_features,
    rate_suspicion,
)

RATES = (0.05, 0.10)
KINDS = ("uniform", "similar")
CLEANLAB = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
SPLITS = ("train", "validation", "test")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    features, label_ids, groups, num_labels = read_features(options.model, options.prepared)
    clean = judge(features, label_ids, num_labels, groups, 0)
    listed = find_label_errors([clean], [str(number) for number in range(num_labels)])
    right = float((clean.probabilities.argmax(axis=1) == label_ids).mean())
    print(
        f"{len(label_ids)} pictures of {num_labels} classes; C = {INVERSE_PENALTY:g}; with the labels as they are the "
        f"head is right in {right:.3f} and {len(listed.suspects)} labels are listed"
    )
    print(f"{'noise':<14} {'list':<44} {'AP mean':>8} {'sd':>7} {'least':>7} {'in 2n':>7} {'least':>7}")
    for kind in KINDS:
        for rate in RATES:
            report(kind, rate, options.seeds, features, label_ids, groups, num_labels, clean.probabilities)


def read_features(model: str, prepared: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Features, labels and groups of all pictures, and the number of classes."""
    import datasets
    import torch
    import transformers

    from vitrine.data.loading.loaders import build_evaluation_loader
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.data.prepared.groups import number_groups
    from vitrine.models.backbones.build import build_backbone, place
    from vitrine.models.backbones.features import compute_features

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    data = open_prepared(prepared)
    rows = datasets.concatenate_datasets([data.splits[split] for split in SPLITS])
    network, normalization = build_backbone(model, data.label_names)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader = build_evaluation_loader(rows, 64, 0, data.facts.image_size)
    features = compute_features(place(network, device), loader, normalization)
    return features, np.asarray(rows["label"][:]), number_groups(data.folder, rows["file"][:]), len(data.label_names)


def judge(
    features: np.ndarray, label_ids: np.ndarray, num_labels: int, groups: np.ndarray, seed: int
) -> LabeledProbabilities:
    found = judge_by_features(
        "all", list(map(str, range(len(label_ids)))), features, label_ids, num_labels, groups, seed
    )
    assert found is not None
    assert len(found.label_ids) == len(label_ids), "a class has a single picture"
    return found


def spoil(
    label_ids: np.ndarray, rate: float, kind: str, num_labels: int, clean: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which a share is wrong, and which these are."""
    generator = np.random.default_rng(seed)
    wrong = generator.choice(len(label_ids), round(rate * len(label_ids)), replace=False)
    spoiled = label_ids.copy()
    if kind == "uniform":
        spoiled[wrong] = (spoiled[wrong] + generator.integers(1, num_labels, len(wrong))) % num_labels
    else:
        others = clean.copy()
        others[np.arange(len(label_ids)), label_ids] = -1
        spoiled[wrong] = others[wrong].argmax(axis=1)
    return spoiled, np.isin(np.arange(len(label_ids)), wrong)


def rank_by_cleanlab(spoiled: np.ndarray, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of cleanlab's methods, the more suspicious the higher; none where it is not installed."""
    try:
        from cleanlab.count import compute_confident_joint
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joint = compute_confident_joint(spoiled, probabilities, calibrate=False)
        assert (joint == count_confident(probabilities, spoiled)).all(), "the confident joint differs from cleanlab's"
        scores = {
            f"cleanlab {method}{', adjusted' if adjusted else ''}": -get_label_quality_scores(
                spoiled, probabilities, method=method, adjust_pred_probs=adjusted
            )
            for method in CLEANLAB
            for adjusted in (False, True)
            if not (adjusted and method == "confidence_weighted_entropy")
        }
        # Its list of issues first, in its order, then all others by their score: as one would read it.
        issues = find_label_issues(spoiled, probabilities, return_indices_ranked_by="self_confidence")
        scores["cleanlab find_label_issues, then the rest"] = scores["cleanlab self_confidence"] + 2 * np.isin(
            np.arange(len(spoiled)), issues
        )
    return scores


def report(
    kind: str,
    rate: float,
    seeds: int,
    features: np.ndarray,
    label_ids: np.ndarray,
    groups: np.ndarray,
    num_labels: int,
    clean: np.ndarray,
) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    shown = []
    for seed in range(seeds):
        spoiled, wrong = spoil(label_ids, rate, kind, num_labels, clean, seed)
        judged = judge(features, spoiled, num_labels, groups, seed)
        scores = {
            "vitrine": rate_suspicion(judged.probabilities, spoiled, judged.agreement),
            "vitrine, probabilities alone": rate_suspicion(judged.probabilities, spoiled),
        } | rank_by_cleanlab(spoiled, judged.probabilities)
        number = int(wrong.sum())
        for name, score in scores.items():
            first = np.argsort(-score, kind="stable")[: 2 * number]
            found.setdefault(name, []).append((average_precision_score(wrong, score), wrong[first].sum() / number))
        listed = find_label_errors([judged], [str(number) for number in range(num_labels)]).suspects
        hits = sum(wrong[int(suspect.file)] for suspect in listed)
        shown.append((len(listed) / number, hits / number, hits / max(len(listed), 1)))
    for name, rows in found.items():
        precision, share = (list(column) for column in zip(*rows, strict=True))
        spread = statistics.stdev(precision) if seeds > 1 else 0.0
        print(
            f"{f'{kind} {rate:.0%}':<14} {name:<44} {np.mean(precision):>8.4f} {spread:>7.4f} {min(precision):>7.4f} "
            f"{np.mean(share):>7.4f} {min(share):>7.4f}",
            flush=True,
        )
    length, recall, precise = np.mean(shown, axis=0)
    print(f"{'':<14} the list shown: {length:.2f} n long, recall {recall:.3f}, precision {precise:.3f}", flush=True)


if __name__ == "__main__":
    main()
