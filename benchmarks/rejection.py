"""Does a model know when not to answer: calibration, thresholds and strangers, for one or several finished runs.

For each model: accuracy on the test pictures, expected calibration error before and after the temperature, share of the
test pictures that gets an answer, accuracy among those, share of known pictures refused. Against strangers (folders of
pictures of other things, the built-in digits): AUROC for known against unknown of the largest probability, the energy
and the familiarity, and what the model says to strangers.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python train.py configs/s2_dogs5.yaml data.source=PICTURES engine.seed=0    (and so on)
    python benchmarks/rejection.py runs/s2_dogs5/*/model --prepared prepared/s2_dogs5 --strangers DRAWINGS --digits 150
"""

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from vitrine.data.images.decoding import PictureError  # noqa: E402
from vitrine.data.manifest.split import TEST  # noqa: E402
from vitrine.data.prepared.dataset import open_prepared  # noqa: E402
from vitrine.data.sources.source import find_unlabeled  # noqa: E402
from vitrine.evaluation.calibration import calibration_error, measure_calibration  # noqa: E402
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure, decide  # noqa: E402
from vitrine.predict.predictor import Predictor  # noqa: E402
from vitrine.predict.runtimes.pytorch import Outputs  # noqa: E402
from vitrine.training.final_evaluation import judge_split  # noqa: E402

BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="model folders")
    parser.add_argument("--prepared", type=Path, required=True, help="data set that they were trained with")
    parser.add_argument("--strangers", nargs="*", type=Path, default=[], help="folders of other pictures")
    parser.add_argument("--most", type=int, default=240, help="strangers taken of each folder (default %(default)s)")
    parser.add_argument("--digits", type=int, default=0, help="built-in digits taken as strangers too")
    options = parser.parse_args()
    test = open_prepared(options.prepared).splits[TEST]
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


def measure(predictor: Predictor, test: object, options: argparse.Namespace) -> dict[str, float]:
    trust = predictor.trust
    if trust is None:
        sys.exit(f"{predictor.model_id} has no thresholds; it was made by an older version")
    logits, judged = judge_split(predictor, test, BATCH)
    kinds = np.array(judged.kinds(trust))
    answered = judged.right[kinds == "answered"]
    calibration = measure_calibration(
        logits.astype(float) * trust.temperature, judged.label_ids, trust.temperature, None, 0, seed=0
    )
    figures = {
        "accuracy": float(judged.right.mean()),
        "temperature": trust.temperature,
        "ECE before": calibration.before.error,
        "ECE after": calibration.after.error,
        "ECE of perfect calibration": calibration.after.chance_error,
        "coverage": float((kinds == "answered").mean()),
        "accuracy answered": float(answered.mean()) if len(answered) else float("nan"),
        "precision kept": float(not len(answered) or answered.mean() >= trust.precision),
        "known refused": float((kinds == "none").mean()),
    }
    assert abs(calibration.after.error - calibration_error(judged.confidence, judged.right)) < 1e-3
    known = Outputs(logits, judged.similarity)
    for name, pictures in gather_unknown(options):
        figures |= compare(predictor, known, ask(predictor, pictures), name)
    return figures


def gather_unknown(options: argparse.Namespace) -> Iterator[tuple[str, Sequence[Path | Image.Image]]]:
    """Groups of strangers with their names, all of them together last."""
    groups: list[tuple[str, list[Path | Image.Image]]] = []
    for folder in options.unknown:
        files = [found.path for found in find_unlabeled([folder], folder) if not found.left_out]
        chosen = np.random.default_rng(0).permutation(len(files))[: options.most]
        groups.append((folder.name, [files[place] for place in chosen]))
    if options.digits:
        drawn = (255 - load_digits().images[: options.digits] * 15.9).astype(np.uint8)
        groups.append(("digits", [Image.fromarray(image) for image in drawn]))
    yield from groups
    if len(groups) > 1:
        yield "all", [picture for _, pictures in groups for picture in pictures]


def ask(predictor: Predictor, pictures: Sequence[Path | Image.Image]) -> Outputs:
    opened = []
    for picture in pictures:
        try:
            opened.append(picture if isinstance(picture, Image.Image) else predictor.open_picture(picture))
        except PictureError as error:
            print(f"left out: {picture}: {error}", file=sys.stderr)
    parts = [predictor.measure(opened[start : start + BATCH]) for start in range(0, len(opened), BATCH)]
    similarity = [part.similarity for part in parts if part.similarity is not None]
    return Outputs(np.concatenate([part.logits for part in parts]), np.concatenate(similarity) if similarity else None)


def compare(predictor: Predictor, known: Outputs, unknown: Outputs, name: str) -> dict[str, float]:
    trust = predictor.trust
    scores = {
        "probability": [outputs.probabilities.max(axis=1) for outputs in (known, unknown)],
        "energy": [logsumexp(outputs.logits * trust.temperature, axis=1) for outputs in (known, unknown)],
    }
    if known.similarity is not None:
        scores["familiarity"] = [outputs.similarity for outputs in (known, unknown)]
    truth = np.r_[np.ones(len(known.logits)), np.zeros(len(unknown.logits))]
    figures = {f"{name}: AUROC {score}": float(roc_auc_score(truth, np.r_[*ends])) for score, ends in scores.items()}
    similarity = [None] * len(unknown.logits) if unknown.similarity is None else unknown.similarity
    said = Counter(
        type(decide(row, predictor.label_names, trust, value))
        for row, value in zip(unknown.probabilities, similarity, strict=True)
    )
    for kind, words in ((NoneOfThese, "refused"), (Unsure, "unsure"), (Answer, "answered")):
        figures[f"{name}: {words}"] = said[kind] / len(unknown.logits)
    return figures


if __name__ == "__main__":
    main()
