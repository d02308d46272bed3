"""Does a model of few pictures answer, and does it keep its promise: heads on frozen features, some pictures a class.

For each number of pictures a class and each seed, so many pictures of a prepared data set are drawn, split as a data
set of that size would be, and a head is trained and given its thresholds as `configs/head_only.yaml` does. It is then
asked about all pictures that were not drawn. Columns: accuracy; share of its right answers that it gives; share of the
given answers that are right, and in how many trainings that is the precision asked for; in how many trainings this was
proven. The last column is the share of right answers given by thresholds that validation pictures alone must prove.

The features of all pictures are computed once, so that 80 trainings take minutes.

    python data_prep.py configs/head_only.yaml data.source=PICTURES
    python benchmarks/few_pictures.py --model FOLDER_OR_HUB_ID [--seeds 20] [--pictures 10 20 30 40]
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe  # noqa: E402 (after the path)
from vitrine.data.loading.loaders import build_evaluation_loader  # noqa: E402
from vitrine.data.manifest.split import SplitSizes, assign_splits  # noqa: E402
from vitrine.data.manifest.split_names import SPLITS, TRAIN, VALIDATION  # noqa: E402
from vitrine.data.prepared.dataset import open_prepared  # noqa: E402
from vitrine.data.prepared.groups import number_groups  # noqa: E402
from vitrine.models.backbones.features import compute_features  # noqa: E402
from vitrine.models.calibration.ood import NEIGHBORS  # noqa: E402
from vitrine.models.quiet import silence_transformers  # noqa: E402
from vitrine.predict.predictions import Predictions  # noqa: E402
from vitrine.training.calibrate import Known, Trusted, build_trust, from_cached_features  # noqa: E402
from vitrine.training.fit import build_model  # noqa: E402
from vitrine.training.head.features import HeadInputs  # noqa: E402
from vitrine.training.head.fit import fit_on_inputs  # noqa: E402
from vitrine.training.head.out_of_fold import apply_head  # noqa: E402
from vitrine.training.plan import TrainingPlan, plan_training  # noqa: E402


@dataclass(frozen=True)
class Pictures:
    """All of a prepared data set: features `[pictures, width]`, label ids, groups and file names `[pictures]`."""

    features: npt.NDArray[np.float32]
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
    given_by_proof_of_validation: float


COLUMNS = ("accuracy", "right given", "right of given", "precision kept", "proven", "refused", "given before", "lowest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/head_only"))
    parser.add_argument("--seeds", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument("--pictures", type=int, nargs="+", default=[10, 20, 30, 40], help="of each class")
    options = parser.parse_args()
    overrides = [f"model.backbone={options.model}"]
    recipe, prepared = (
        load_matching_recipe("head_only.yaml", options.prepared, overrides),
        open_prepared(options.prepared),
    )
    plan = plan_training(recipe, prepared)
    sizes = SplitSizes(recipe.data.validation_fraction, recipe.data.test_fraction)
    everything = datasets.concatenate_datasets([prepared.splits[split] for split in SPLITS])
    pictures = look_at(everything, plan, prepared.folder, prepared.label_names)
    print(
        f"{'a class':>7} {'trainings':>9} " + " ".join(f"{field.name:>15}" for field in fields(Trial)[:-1]) + "  before"
    )
    for count in options.pictures:
        start = time.perf_counter()
        trials = [run(pictures, plan, sizes, prepared.label_names, count, seed) for seed in range(options.seeds)]
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


def look_at(everything: datasets.Dataset, plan: TrainingPlan, folder: Path, names: tuple[str, ...]) -> Pictures:
    model, normalization = build_model(plan.model, names, 0)
    features = compute_features(model, build_evaluation_loader(everything, 64, workers=0), normalization)
    files = list(everything["file"])
    label_ids = np.asarray(everything["label"], np.int64)
    return Pictures(features, label_ids, number_groups(folder, files), np.asarray(files))


def run(
    pictures: Pictures, plan: TrainingPlan, sizes: SplitSizes, names: tuple[str, ...], count: int, seed: int
) -> Trial:
    chosen = draw(pictures.label_ids, count, seed)
    train, validation = split(pictures, chosen, sizes, names, seed)
    # Copies of what was drawn are left out of the questions too.
    asked = np.flatnonzero(~np.isin(pictures.groups, pictures.groups[chosen]))
    inputs = HeadInputs(
        train=pictures.features[train][None],
        train_label_ids=pictures.label_ids[train],
        validation=pictures.features[validation],
        validation_label_ids=pictures.label_ids[validation],
        plain=pictures.features[train],
    )
    plan = replace(plan, options=replace(plan.options, seed=seed))
    model, _ = build_model(plan.model, names, seed)
    head = fit_on_inputs(plan, inputs, pictures.groups[np.r_[train, validation]], model)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    known = from_cached_features(model, inputs, seed, head.unseen)

    def ask(known: Known) -> tuple[Trusted, Predictions]:
        model.load_state_dict(weights)  # without a temperature
        side, files = plan.model.image_size, pictures.files[validation].tolist()
        trusted = build_trust(model, known, files, plan.report.precision, side)
        assert known.reference is not None
        answers = Predictions(
            ids=pictures.files[asked].tolist(),
            logits=apply_head(model, pictures.features[asked]),
            label_names=names,
            label_ids=pictures.label_ids[asked],
            similarities=known.reference.similarity(pictures.features[asked], NEIGHBORS),
            trust=trusted.trust,
        )
        return trusted, answers

    before, answers_before = ask(replace(known, out_of_fold=None))
    trusted, answers = ask(known)
    given = answers.decision_kinds == "answered"
    precision = float(answers.is_right[given].mean()) if given.any() else float("nan")
    return Trial(
        accuracy=float(answers.is_right.mean()),
        right_given=share_given(answers),
        precision=precision,
        kept=float(not given.any() or precision >= plan.report.precision),
        proven=float(trusted.trust.proven),
        refused=float((answers.decision_kinds == "none").mean()),
        given_by_proof_of_validation=share_given(answers_before) if before.trust.proven else 0.0,
    )


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
