"""How right is a head on each of several frozen networks: features once a network, one head a seed.

Each head is trained as `configs/head_only.yaml` says, with validation pictures that choose its epoch, and is asked
about the test pictures once. The features of all pictures are kept in a folder, if one is given, so that more seeds or
another way to train the head take seconds. Data sets are prepared beforehand, by any recipe.

    python data_prep.py configs/head_only.yaml data.source=PICTURES
    python benchmarks/frozen_backbones.py prepared/head_only --models efficientnet_lite0 resnet18 [--seeds 5]
"""

import argparse
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe  # noqa: E402 (after the path)
from vitrine.data.loading.loaders import build_evaluation_loader  # noqa: E402
from vitrine.data.manifest.split_names import SPLITS, TEST, TRAIN, VALIDATION  # noqa: E402
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402
from vitrine.models.backbones.features import compute_features  # noqa: E402
from vitrine.models.quiet import silence_transformers  # noqa: E402
from vitrine.training.fit import build_model  # noqa: E402
from vitrine.training.head.features import HeadInputs  # noqa: E402
from vitrine.training.head.fit import fit_on_inputs  # noqa: E402
from vitrine.training.head.out_of_fold import apply_head  # noqa: E402
from vitrine.training.plan import TrainingPlan, plan_training  # noqa: E402

Numbers = npt.NDArray[np.float32]

# A precision that a few validation pictures prove: the heads that answer out of fold are for thresholds only.
NO_THRESHOLDS = "report.precision=0.5"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path, nargs="+", help="prepared data sets")
    parser.add_argument("--models", nargs="+", required=True, help="networks as model.backbone takes them")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default %(default)s)")
    parser.add_argument("--features", type=Path, help="folder that keeps the features")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other parameters of the recipe")
    options = parser.parse_args()
    for folder in options.prepared:
        prepared = open_prepared(folder)
        for model in options.models:
            overrides = [f"model.backbone={model}", NO_THRESHOLDS, *options.set]
            plan = plan_training(load_matching_recipe("head_only.yaml", folder, overrides), prepared)
            looks = look_at(prepared, plan, options.features)
            rights = [measure(prepared, plan, looks, seed) for seed in range(options.seeds)]
            spread = statistics.stdev(rights) if len(rights) > 1 else 0.0
            each = " ".join(f"{right:.3f}" for right in rights)
            print(f"{folder.name:<20} {model:<40} {statistics.mean(rights):.3f} +- {spread:.3f}  ({each})", flush=True)


def look_at(prepared: PreparedDataset, plan: TrainingPlan, store: Path | None) -> dict[str, Numbers]:
    """Features `[pictures, width]` of each split."""
    sizes = [len(prepared.splits[split]) for split in SPLITS]
    backbone = Path(plan.model.backbone).name
    file = store / f"{prepared.folder.name}_{backbone}.npy" if store else None
    if file and file.is_file():
        features = np.load(file)
    else:
        model, normalization = build_model(plan.model, prepared.label_names, 0)
        everything = datasets.concatenate_datasets([prepared.splits[split] for split in SPLITS])
        features = compute_features(model, build_evaluation_loader(everything, 8, workers=0), normalization)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, features)
    return dict(zip(SPLITS, np.split(features, np.cumsum(sizes)[:-1]), strict=True))


def measure(prepared: PreparedDataset, plan: TrainingPlan, looks: dict[str, Numbers], seed: int) -> float:
    """Accuracy on the test pictures of the head of one seed."""
    label_ids = {split: np.asarray(prepared.splits[split]["label"], np.int64) for split in SPLITS}
    inputs = HeadInputs(
        train=looks[TRAIN][None],
        train_label_ids=label_ids[TRAIN],
        validation=looks[VALIDATION],
        validation_label_ids=label_ids[VALIDATION],
        plain=looks[TRAIN],
    )
    plan = replace(plan, options=replace(plan.options, seed=seed))
    model, _ = build_model(plan.model, prepared.label_names, seed)
    groups = np.arange(len(label_ids[TRAIN]) + len(label_ids[VALIDATION]))
    fit_on_inputs(plan, inputs, groups, model)
    return float((apply_head(model, looks[TEST]).argmax(axis=1) == label_ids[TEST]).mean())


if __name__ == "__main__":
    torch.set_num_threads(1)  # heads are small
    silence_transformers()
    main()
