"""Does a model know when not to answer: calibration, thresholds and strangers, for one or several finished runs.

For each model: accuracy on the test pictures, expected calibration error before and after the temperature, share of the
test pictures that gets an answer, accuracy among those, share of known pictures refused. Against strangers (folders of
pictures of other things, the built-in digits): AUROC for known against unknown of the largest probability, the energy
and the similarity, and what the model says to strangers.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python train.py configs/s2_dogs5.yaml data.source=PICTURES augmentation.first_image_size=null engine.seed=0    (...)
    python benchmarks/rejection.py runs/s2_dogs5/*/model --prepared prepared/s2_dogs5 --strangers DRAWINGS --digits 150
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from vitrine.data.images.decoding import Rendering  # noqa: E402
from vitrine.data.manifest.split_names import TEST  # noqa: E402
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402
from vitrine.data.sources.unlabeled_source import find_unlabeled  # noqa: E402
from vitrine.evaluation.calibration import calibration_error, measure_calibration  # noqa: E402
from vitrine.predict.batches import predict_all  # noqa: E402
from vitrine.predict.images import NamedImage, from_files  # noqa: E402
from vitrine.predict.predictions import Predictions  # noqa: E402
from vitrine.predict.predictor import Predictor  # noqa: E402
from vitrine.training.final_evaluation import predict_split  # noqa: E402

BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="model folders")
    parser.add_argument("--prepared", type=Path, required=True, help="data set that they were trained with")
    parser.add_argument("--strangers", nargs="*", type=Path, default=[], help="folders of other pictures")
    parser.add_argument("--most", type=int, default=240, help="strangers taken of each folder (default %(default)s)")
    parser.add_argument("--digits", type=int, default=0, help="built-in digits taken as strangers too")
    options = parser.parse_args()
    test = open_prepared(options.prepared)
    found: dict[str, list[float]] = {}
    for model in options.models:
        figures = measure(Predictor.load(str(model)), test, options)
        print(f"{model}: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
    summarize(found, len(options.models))


def summarize(found: dict[str, list[float]], models: int) -> None:
    print(f"\nmean +- standard deviation over {models} models (lowest to highest)")
    for name, values in found.items():
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(f"{name:<34} {statistics.mean(values):.4f} +- {spread:.4f} ({min(values):.4f} to {max(values):.4f})")
    kept = found.get("precision kept", [])
    print(f"precision asked for kept among answered test pictures: {sum(kept):.0f} of {len(kept)}")


def measure(predictor: Predictor, test: PreparedDataset, options: argparse.Namespace) -> dict[str, float]:
    trust = predictor.trust
    if trust is None:
        sys.exit(f"{predictor.model_id} has no thresholds; it was made by an older version")
    known = predict_split(predictor, test, TEST, BATCH)
    kinds = known.decision_kinds
    answered = known.is_right[kinds == "answered"]
    calibration = measure_calibration(
        known.logits.astype(float) * trust.temperature, known.true_label_ids, trust.temperature, None, 0, seed=0
    )
    figures = {
        "accuracy": float(known.is_right.mean()),
        "temperature": trust.temperature,
        "ECE before": calibration.before.error,
        "ECE after": calibration.after.error,
        "ECE of perfect calibration": calibration.after.chance_error,
        "coverage": float((kinds == "answered").mean()),
        "accuracy answered": float(answered.mean()) if len(answered) else float("nan"),
        "precision kept": float(not len(answered) or answered.mean() >= trust.precision),
        "known refused": float((kinds == "none").mean()),
    }
    assert abs(calibration.after.error - calibration_error(known.confidence, known.is_right)) < 1e-3
    for name, pictures in gather_unknown(options, predictor.rendering):
        figures |= compare(known, ask(predictor, pictures), trust.temperature, name)
    return figures


def gather_unknown(options: argparse.Namespace, rendering: Rendering) -> Iterator[tuple[str, Sequence[NamedImage]]]:
    """Groups of strangers with their names, all of them together last."""
    groups: list[tuple[str, list[NamedImage]]] = []
    for folder in options.strangers:
        files = [found for found in find_unlabeled([folder], folder) if not found.left_out]
        chosen = np.random.default_rng(0).permutation(len(files))[: options.most]
        groups.append((folder.name, from_files([files[place] for place in chosen], rendering)))
    if options.digits:
        drawn = (255 - load_digits().images[: options.digits] * 15.9).astype(np.uint8)
        groups.append(("digits", [NamedImage("", Image.fromarray(image).convert("RGB").copy) for image in drawn]))
    yield from groups
    if len(groups) > 1:
        yield "all", [picture for _, pictures in groups for picture in pictures]


def ask(predictor: Predictor, pictures: Sequence[NamedImage]) -> Predictions:
    predicted = predict_all(predictor, pictures, batch_size=BATCH)
    for picture in predicted.unreadable:
        print(f"left out: {picture.id}: {picture.reason}", file=sys.stderr)
    return predicted.predictions


def compare(known: Predictions, unknown: Predictions, temperature: float, name: str) -> dict[str, float]:
    scores = {
        "probability": [part.confidence for part in (known, unknown)],
        "energy": [logsumexp(part.logits * temperature, axis=1) for part in (known, unknown)],
    }
    if known.similarities is not None:
        scores["similarity"] = [part.similarities for part in (known, unknown)]
    truth = np.r_[np.ones(len(known)), np.zeros(len(unknown))]
    figures = {f"{name}: AUROC {score}": float(roc_auc_score(truth, np.r_[*ends])) for score, ends in scores.items()}
    for kind, words in (("none", "refused"), ("unsure", "unsure"), ("answered", "answered")):
        figures[f"{name}: {words}"] = float((unknown.decision_kinds == kind).mean())
    return figures


if __name__ == "__main__":
    main()
