"""Does a model of few pictures answer, and does it keep its promise: heads on frozen features, some pictures a class.

For each number of pictures a class and each seed, so many pictures of a prepared data set are drawn, split as a data
set of that size would be, and a head is trained and given its thresholds as `configs/head_only.yaml` does. It is then
asked about all pictures that were not drawn. Columns: accuracy; share of its right answers that it gives; share of the
given answers that are right, and in how many trainings that is the precision asked for; in how many trainings this was
proven; share refused as none of the classes; accuracy of a logistic head whose penalty five-fold cross-validation chose
among `--penalties`, for each training anew. The last column is the lowest share of right answers given.

The features of all pictures are computed once, and kept where a folder is given, so that 80 trainings take minutes.

    python data_prep.py configs/head_only.yaml data.source=PICTURES
    python benchmarks/few_pictures.py --models NETWORK... [--prepared FOLDER...] [--seeds 20] [--pictures 10 20 30 40]
"""

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe  # noqa: E402 (after the path)
from vitrine.data.augmentation.augment import augment, draw_numbers  # noqa: E402
from vitrine.data.loading.loaders import Batch, build_evaluation_loader  # noqa: E402
from vitrine.data.manifest.split import SplitSizes, assign_splits  # noqa: E402
from vitrine.data.manifest.split_names import SPLITS, TRAIN, VALIDATION  # noqa: E402
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402
from vitrine.data.prepared.groups import number_groups  # noqa: E402
from vitrine.evaluation.probe.cross_validation import answer_by_head, predict_out_of_fold  # noqa: E402
from vitrine.models.backbones.features import compute_features  # noqa: E402
from vitrine.models.calibration.ood import NEIGHBORS  # noqa: E402
from vitrine.models.quiet import silence_transformers  # noqa: E402
from vitrine.predict.predictions import Predictions  # noqa: E402
from vitrine.training.calibrate import build_trust, from_cached_features  # noqa: E402
from vitrine.training.fit import build_model  # noqa: E402
from vitrine.training.head.features import HeadInputs  # noqa: E402
from vitrine.training.head.fit import fit_on_inputs  # noqa: E402
from vitrine.training.head.out_of_fold import apply_head  # noqa: E402
from vitrine.training.plan import TrainingPlan, choose_monitor, plan_training  # noqa: E402

BATCH_SIZE = 32


@dataclass(frozen=True)
class Pictures:
    """All of a prepared data set.

    Attributes:
        features: of the pictures as they are, `[pictures, width]`.
        views: what heads are trained on, `[views, pictures, width]`; the same where nothing is augmented.
        label_ids: `[pictures]`, as groups and file names.
    """

    features: npt.NDArray[np.float32]
    views: npt.NDArray[np.float32]
    label_ids: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    files: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Trial:
    """What one training came to; shares in [0, 1]."""

    accuracy: float
    right_given: float
    precision: float
    kept: float
    proven: float
    refused: float
    logistic: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", required=True, help="networks as model.backbone takes them")
    parser.add_argument("--prepared", type=Path, nargs="+", default=[Path("prepared/head_only")])
    parser.add_argument("--seeds", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument("--pictures", type=int, nargs="+", default=[10, 20, 30, 40], help="of each class")
    parser.add_argument("--views", type=int, default=1, help="of each picture, augmented (default: as they are)")
    parser.add_argument(
        "--penalties", type=float, nargs="*", default=[], help="inverse ones, of a logistic head beside"
    )
    parser.add_argument("--features", type=Path, help="folder that keeps the features")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other parameters of the recipe")
    options = parser.parse_args()
    for folder, model in itertools.product(options.prepared, options.models):
        print(f"{folder.name}, {Path(model).name}, {options.views} views {' '.join(options.set)}")
        compare(folder, model, options)


def compare(folder: Path, model: str, options: argparse.Namespace) -> None:
    """One line for each number of pictures."""
    overrides = [f"model.backbone={model}", f"model.feature_views={options.views}", *options.set]
    recipe, prepared = load_matching_recipe("head_only.yaml", folder, overrides), open_prepared(folder)
    plan = plan_training(recipe, prepared)
    sizes = SplitSizes(recipe.data.validation_fraction, recipe.data.test_fraction)
    pictures = look_at(prepared, plan, options.features)
    print(f"{'a class':>7} {'trainings':>9} " + " ".join(f"{field.name:>15}" for field in fields(Trial)) + "  lowest")
    for count in options.pictures:
        start = time.perf_counter()
        monitor = choose_monitor(recipe, round(recipe.data.validation_fraction * count * len(prepared.label_names)))
        plan = replace(plan, options=replace(plan.options, monitor=monitor))
        names, penalties = prepared.label_names, options.penalties
        trials = [run(pictures, plan, sizes, names, count, seed, penalties) for seed in range(options.seeds)]
        print(describe(count, trials) + f"  ({time.perf_counter() - start:.0f} s)", flush=True)


def describe(count: int, trials: list[Trial]) -> str:
    cells = []
    for field in fields(Trial):
        values = [value for trial in trials if not np.isnan(value := getattr(trial, field.name))]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        mean = statistics.mean(values) if values else float("nan")  # of models that give no answer at all
        cells.append(f"{mean:.3f} +- {spread:.3f}")
    cells.append(f"{min(trial.right_given for trial in trials):.3f}")
    return f"{count:>7} {len(trials):>9} " + " ".join(f"{cell:>15}" for cell in cells)


def look_at(prepared: PreparedDataset, plan: TrainingPlan, store: Path | None) -> Pictures:
    everything = datasets.concatenate_datasets([prepared.splits[split] for split in SPLITS])
    files = list(everything["file"])
    name = f"{prepared.folder.name}_{Path(plan.model.backbone).name}_{plan.model.head.kind}"
    features = keep(store, name, lambda: compute(prepared, plan, everything, None))
    views = features[None]
    if plan.cache.views > 1:
        looks = [
            keep(store, f"{name}_view_{view}", partial(compute, prepared, plan, everything, view))
            for view in range(plan.cache.views)
        ]
        views = np.stack(looks)
    label_ids = np.asarray(everything["label"], np.int64)
    return Pictures(features, views, label_ids, number_groups(prepared.folder, files), np.asarray(files))


def keep(store: Path | None, name: str, make: Callable[[], npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """What was stored under a name, or is made now and stored."""
    if store is None:
        return make()
    file = store / f"{name}.npy"
    if not file.is_file():
        store.mkdir(parents=True, exist_ok=True)
        np.save(file, make())
    found: npt.NDArray[np.float32] = np.load(file)
    return found


def compute(
    prepared: PreparedDataset, plan: TrainingPlan, pictures: datasets.Dataset, view: int | None
) -> npt.NDArray[np.float32]:
    """Features `[pictures, width]` of the pictures as they are, or of one augmented view of each."""
    model, normalization = build_model(plan.model, prepared.label_names, 0)
    policy, side = plan.augmentation.policy, plan.model.image_size

    def look() -> Iterator[Batch]:
        for batch in build_evaluation_loader(pictures, BATCH_SIZE, workers=0):
            if view is not None:
                numbers = draw_numbers(0, view, batch["index"].tolist())
                batch["pixels"] = augment(batch["pixels"], numbers, policy, side=side)
            yield batch

    return compute_features(model, look(), normalization)


def run(
    pictures: Pictures,
    plan: TrainingPlan,
    sizes: SplitSizes,
    names: tuple[str, ...],
    count: int,
    seed: int,
    penalties: list[float],
) -> Trial:
    chosen = draw(pictures.label_ids, count, seed)
    train, validation = split(pictures, chosen, sizes, names, seed)
    # Copies of what was drawn are left out of the questions too.
    asked = np.flatnonzero(~np.isin(pictures.groups, pictures.groups[chosen]))
    inputs = HeadInputs(
        train=pictures.views[:, train],
        train_label_ids=pictures.label_ids[train],
        validation=pictures.features[validation],
        validation_label_ids=pictures.label_ids[validation],
        plain=pictures.features[train],
    )
    plan = replace(plan, options=replace(plan.options, seed=seed))
    model, _ = build_model(plan.model, names, seed)
    head = fit_on_inputs(plan, inputs, pictures.groups[np.r_[train, validation]], model)
    known = from_cached_features(head, seed)
    files = pictures.files[validation].tolist()
    trusted = build_trust(model, known, files, plan.report.precision, plan.model.image_size)
    assert known.reference is not None
    answers = Predictions(
        ids=pictures.files[asked].tolist(),
        logits=apply_head(model, pictures.features[asked]),
        label_names=names,
        label_ids=pictures.label_ids[asked],
        similarities=known.reference.similarity(pictures.features[asked], NEIGHBORS),
        trust=trusted.trust,
    )
    given = answers.decision_kinds == "answered"
    precision = float(answers.is_right[given].mean()) if given.any() else float("nan")
    return Trial(
        accuracy=float(answers.is_right.mean()),
        right_given=share_given(answers),
        precision=precision,
        kept=float(not given.any() or precision >= plan.report.precision),
        proven=float(trusted.trust.proven),
        refused=float((answers.decision_kinds == "none").mean()),
        logistic=ask_logistic(pictures, chosen, asked, penalties, seed) if penalties else float("nan"),
    )


def ask_logistic(
    pictures: Pictures,
    chosen: npt.NDArray[np.int64],
    asked: npt.NDArray[np.int64],
    penalties: list[float],
    seed: int,
) -> float:
    """Accuracy of a logistic head with the penalty that names most of the chosen pictures rightly out of fold."""
    learned, label_ids = pictures.features[chosen], pictures.label_ids[chosen]

    def judge(penalty: float) -> float:
        groups, labels = pictures.groups[chosen], int(label_ids.max()) + 1
        found = predict_out_of_fold(learned, label_ids, labels, groups, seed, penalty)
        return float((found.probabilities.argmax(axis=1) == label_ids)[found.is_measured].mean())

    labels, answers = answer_by_head(learned, label_ids, pictures.features[asked], max(penalties, key=judge))
    return float((labels[answers.argmax(axis=1)] == pictures.label_ids[asked]).mean())


def share_given(answers: Predictions) -> float:
    return float((answers.decision_kinds[answers.is_right] == "answered").mean())


def draw(label_ids: npt.NDArray[np.int64], count: int, seed: int) -> npt.NDArray[np.int64]:
    shuffled = np.random.default_rng(seed).permutation(len(label_ids))
    return np.concatenate([shuffled[label_ids[shuffled] == label][:count] for label in np.unique(label_ids)])


def split(
    pictures: Pictures, chosen: npt.NDArray[np.int64], sizes: SplitSizes, names: tuple[str, ...], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    splits = assign_splits(
        pictures.files[chosen].tolist(),
        [names[label] for label in pictures.label_ids[chosen]],
        [""] * len(chosen),
        sizes,
        seed,
        pictures.groups[chosen].tolist(),
    )
    return chosen[np.asarray(splits) == TRAIN], chosen[np.asarray(splits) == VALIDATION]


if __name__ == "__main__":
    torch.set_num_threads(1)  # heads are small
    silence_transformers()
    main()
