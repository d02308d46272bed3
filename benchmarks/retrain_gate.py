"""Does the gate tell a good retraining from a bad one? Heads on features that are computed once, several seeds.

Each seed divides the pictures anew into training, validation (40 of each class) and gate (100 of each class, or what
--gate says), trains a model, and retrains it from its weights as `python -m vitrine retrain` does:

* copy: the very same weights;
* again: the same pictures, another order;
* noise: 30 % of the training and validation labels wrong;
* forgets: all training and validation pictures of one class have the label of another;
* loses: all but one of them are gone;
* weak: a class that had 20 training pictures gets 100 more, rightly labelled.

    python data_prep.py configs/head_only.yaml name=simpsons data.source=PICTURES
    python benchmarks/retrain_gate.py prepared/simpsons
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe  # noqa: E402
from vitrine.data.loading.loaders import build_evaluation_loader  # noqa: E402
from vitrine.data.manifest.split import SplitSizes, assign_splits  # noqa: E402
from vitrine.data.manifest.split_names import GATE, TRAIN, VALIDATION  # noqa: E402
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402
from vitrine.data.prepared.groups import number_groups  # noqa: E402
from vitrine.evaluation.gate import GateAnswers, ask_both  # noqa: E402
from vitrine.models.backbones.features import compute_features  # noqa: E402
from vitrine.models.calibration.ood import NEIGHBORS  # noqa: E402
from vitrine.models.quiet import silence_transformers  # noqa: E402
from vitrine.predict.predictions import Predictions  # noqa: E402
from vitrine.records.gate import GateFindings, GateMargins  # noqa: E402
from vitrine.training.calibrate import build_trust, from_cached_features  # noqa: E402
from vitrine.training.fit import build_model  # noqa: E402
from vitrine.training.head.features import HeadInputs  # noqa: E402
from vitrine.training.head.fit import fit_on_inputs  # noqa: E402
from vitrine.training.head.out_of_fold import apply_head  # noqa: E402
from vitrine.training.plan import TrainingPlan, plan_training  # noqa: E402

WRONG = 0.3
WEAK, MORE = 20, 100  # training pictures of the weak class, before and beside
VALIDATION_COUNT = 40
CASES = ("copy", "again", "noise", "forgets", "loses", "weak")
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pictures:
    """All pictures of a data set as the head sees them."""

    features: npt.NDArray[np.float32]
    label_ids: Rows
    groups: Rows
    files: list[str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """Rows of the pictures."""

    train: Rows
    validation: Rows
    gate: Rows


@dataclass(frozen=True)
class Model:
    """A trained model: its weights, temperature within, and what it says of the pictures of the gate."""

    weights: dict[str, torch.Tensor]
    answers: GateAnswers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path, help="prepared data set")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--gate", type=int, default=100, help="pictures of each class (default %(default)s)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    prepared = open_prepared(options.prepared)
    plan = plan_training(load_matching_recipe("head_only.yaml", options.prepared, []), prepared)
    pictures = look_at(prepared, plan)
    found: dict[str, list[GateFindings]] = {case: [] for case in options.cases}
    begun = time.perf_counter()
    for seed in range(options.seeds):
        for case, findings in run(pictures, plan, options.cases, options.gate, seed):
            found[case].append(findings)
            print(describe(case, seed, findings), flush=True)
    print(f"\n{options.prepared.name}, {options.seeds} seeds, {time.perf_counter() - begun:.0f} s")
    for case, all_findings in found.items():
        verdicts = Counter(one.verdict for one in all_findings)
        better = sum(one.difference is not None and one.difference.verdict == "better" for one in all_findings)
        said = ", ".join(f"{verdict} {verdicts[verdict]}" for verdict in ("accepted", "undecided", "refused"))
        print(f"{case:>8}: {said}; called better {better}")


def look_at(prepared: PreparedDataset, plan: TrainingPlan) -> Pictures:
    everything = datasets.concatenate_datasets(list(prepared.splits.values()))
    files, label_ids = list(everything["file"]), np.asarray(everything["label"], np.int64)
    store = prepared.folder.with_name(f"{prepared.folder.name}_features_{prepared.version}.npy")
    if store.is_file():
        features = np.load(store)
    else:
        model, normalization = build_model(plan.model, prepared.label_names, 0)
        features = compute_features(model, build_evaluation_loader(everything, 64, workers=0), normalization)
        np.save(store, features)
    return Pictures(features, label_ids, number_groups(prepared.folder, files), files, prepared.label_names)


def run(pictures: Pictures, plan: TrainingPlan, cases: list[str], gate: int, seed: int):
    """What the gate says of each case."""
    sides = divide(pictures, gate, seed)
    label_ids = pictures.label_ids
    current = train(pictures, plan, sides, label_ids, seed, None)
    generator = np.random.default_rng(seed)
    target = int(generator.integers(len(pictures.names)))
    for case in cases:
        before, now, labels = sides, sides, label_ids
        if case == "noise":
            labels = confuse(label_ids, np.r_[sides.train, sides.validation], len(pictures.names), generator)
        elif case == "forgets":
            labels = np.where(label_ids == target, (target + 1) % len(pictures.names), label_ids)
            labels[sides.train[label_ids[sides.train] == target][0]] = target
        elif case == "loses":
            now = thin(sides, label_ids, target, 1)
        elif case == "weak":
            before, now = thin(sides, label_ids, target, WEAK), thin(sides, label_ids, target, WEAK + MORE)
        base = current if before is sides else train(pictures, plan, before, label_ids, seed, None)
        model = base if case == "copy" else train(pictures, plan, now, labels, seed + 1000, base)
        known = np.ones(len(pictures.names), bool)
        yield case, ask_both(base.answers, model.answers, label_ids[sides.gate], pictures.names, known, GateMargins())


def divide(pictures: Pictures, gate: int, seed: int) -> Sides:
    names = [pictures.names[label] for label in pictures.label_ids]
    sizes = SplitSizes(VALIDATION_COUNT, 0, gate)
    splits = np.asarray(assign_splits(pictures.files, names, [""] * len(names), sizes, seed, pictures.groups.tolist()))
    return Sides(*(np.flatnonzero(splits == split) for split in (TRAIN, VALIDATION, GATE)))


def confuse(label_ids: Rows, rows: Rows, classes: int, generator: np.random.Generator) -> Rows:
    """Another class for three in ten, each of the others as often."""
    labels = label_ids.copy()
    wrong = generator.permutation(rows)[: round(WRONG * len(rows))]
    labels[wrong] = (labels[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return labels


def thin(sides: Sides, label_ids: Rows, target: int, most: int) -> Sides:
    """Leaves a class so many training pictures, and as many for validation as before, up to a fifth of that."""

    def keep(rows: Rows, count: int) -> Rows:
        own = np.flatnonzero(label_ids[rows] == target)
        return np.delete(rows, own[count:])

    return replace(sides, train=keep(sides.train, most), validation=keep(sides.validation, max(1, most // 5)))


def train(pictures: Pictures, plan: TrainingPlan, sides: Sides, labels: Rows, seed: int, base: Model | None) -> Model:
    inputs = HeadInputs(
        train=pictures.features[sides.train][None],
        train_label_ids=labels[sides.train],
        validation=pictures.features[sides.validation],
        validation_label_ids=labels[sides.validation],
        plain=pictures.features[sides.train],
    )
    plan = replace(plan, options=replace(plan.options, seed=seed))
    model, _ = build_model(plan.model, pictures.names, seed)
    if base is not None:
        model.load_state_dict(base.weights)
    head = fit_on_inputs(plan, inputs, pictures.groups[np.r_[sides.train, sides.validation]], model)
    known = from_cached_features(head, seed)
    files = [pictures.files[row] for row in sides.validation]
    trusted = build_trust(model, known, files, plan.report.precision, plan.model.image_size)
    assert known.reference is not None
    asked = pictures.features[sides.gate]
    answers = Predictions(
        ids=[pictures.files[row] for row in sides.gate],
        logits=apply_head(model, asked),
        label_names=pictures.names,
        similarities=known.reference.similarity(asked, NEIGHBORS),
        trust=trusted.trust,
    )
    said = GateAnswers(answers.probabilities, answers.decision_kinds == "answered")
    return Model(_copy(model), said)


def _copy(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def describe(case: str, seed: int, findings: GateFindings) -> str:
    accuracy = findings.checks[0]
    why = [f"{check.figure} {check.label_name}".strip() for check in findings.checks if check.outcome != "holds"]
    return (
        f"{case:>8} seed {seed}: {findings.verdict:<9} {accuracy.current:.3f} -> {accuracy.candidate:.3f}"
        f"{'  ' + '; '.join(why) if why else ''}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)  # heads are small
    silence_transformers()
    main()
