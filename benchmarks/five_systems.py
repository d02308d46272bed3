"""How right and how quick are Vitrine's recipes on pictures like those of the five systems that it replaces.

Each system is prepared once, and each of its variants is trained with five seeds by `compare`, so that runs that are
done already are not done again; the test pictures are read once a run. What comes out is a small JSON file for each
system and part, without pictures: the mark that was published, ours, and what differs between the two.

    python benchmarks/five_systems.py s2 --pictures FOLDER/dogs5 --part head
    python benchmarks/five_systems.py s5 --pictures FOLDER/flipkart --part all --backbones efficientnet_lite0 --seeds 3

Parts: `head` (the head alone, on a frozen network), `augmented` (the same on eight views of each picture), `all` (all
of the network, as the system's own recipe has it), `scratch` (the small network of scratch_photos.yaml, without
pretrained weights).
"""

import argparse
import json
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import vitrine  # noqa: E402 (after the path)
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402
from vitrine.data.prepared.groups import find_test_duplicates  # noqa: E402
from vitrine.records.comparison import ComparisonFigures, VariantFigures  # noqa: E402
from vitrine.records.folder import METRICS, PREDICTIONS  # noqa: E402
from vitrine.records.run import Metrics  # noqa: E402

RESULTS = ROOT / "results"
LITE = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
PARTS: dict[str, dict[str, Any]] = {
    "head": {"model.trainable_part": "head"},
    "augmented": {"model.trainable_part": "head", "model.feature_views": 8},
    "all": {"model.trainable_part": "all"},
    "scratch": {},
}
AT_MOST = {"seconds_of_a_run"}  # of the other figures, more is better


@dataclass(frozen=True)
class System:
    """One of the five.

    Attributes:
        recipe: of configs/, for its pictures and their labels.
        source: of the pictures below the folder that is given.
        published: what its authors reached, in words.
        goals: what figures of a variant are to reach, at least, seconds at most; "f1.photo" is that of one class.
        scratch_goals: likewise, without pretrained weights.
        differs: between their pictures and these, so that the two figures are not taken for the same.
    """

    recipe: str
    source: str
    published: str
    goals: dict[str, float]
    scratch_goals: dict[str, float]
    differs: str


SYSTEMS = {
    "s2": System(
        "s2_dogs5.yaml",
        "",
        "0.982 (ResNet50), 0.20 (own CNN)",
        {"accuracy": 0.995},
        {"accuracy": 0.80},
        "five breeds as theirs, 1,101 pictures of 224 px; all are of ImageNet, on which the networks were trained",
    ),
    "s3": System(
        "s3_photo_or_not.yaml",
        "",
        "0.8995 on the pictures that chose the epoch",
        {"accuracy": 0.985, "f1.photo": 0.97},
        {"accuracy": 0.88},
        "1,400 pictures of another public set (paintings, cartoons, sketches) for 41,000 scans that are not public",
    ),
    "s4": System(
        "s4_cartoons.yaml",
        "",
        "0.9592, kappa 0.943 (ResNet101V2), 0.7158 (own CNN)",
        {"accuracy": 0.97, "cohen_kappa": 0.96, "accuracy_without_copies": 0.965, "seconds_of_a_run": 120.0},
        {"accuracy": 0.95},
        "6 of 19 characters and 1,695 of 15,500 training pictures; 250 of their test pictures",
    ),
    "s5": System(
        "s5_products.yaml",
        "flipkart_com-ecommerce_sample_1050.csv",
        "0.7238 (EfficientNet-B7)",
        {"accuracy": 0.90},
        {},
        "the same 1,050 products; copies of a picture are kept on one side of the split, which theirs were not",
    ),
}


def main() -> None:
    options = build_parser().parse_args()
    system, name = SYSTEMS[options.system], options.name or f"{options.system}_{options.part}"
    figures, prepared, seconds = compare(system, name, options)
    result = condense(system, options, figures, prepared, seconds)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of the system's pictures")
    parser.add_argument("--part", choices=PARTS, default="head")
    parser.add_argument("--backbones", nargs="+", default=[*LITE], help="as model.backbone takes them")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other parameters of the recipe")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the JSON files (default: results)")
    parser.add_argument("--name", help="of the file (default: system and part)")
    return parser


def compare(system: System, name: str, options: argparse.Namespace) -> tuple[ComparisonFigures, PreparedDataset, float]:
    """The figures of all variants, the data set, and how long everything took from the pictures on."""
    started = time.perf_counter()
    parameters = {**PARTS[options.part], **dict(pair.split("=", 1) for pair in options.set)}
    is_scratch = options.part == "scratch"
    recipe = {"all": system.recipe, "scratch": "scratch_photos.yaml"}.get(options.part, "head_only.yaml")
    lines = [f"{key}={value}" for key, value in parameters.items()]
    variants = {"scratch": {}} if is_scratch else {Path(one).name: {"model.backbone": one} for one in options.backbones}
    source = str(options.pictures / system.source)
    figures = run(system, name, ROOT / "configs" / recipe, source, lines, variants, range(options.seeds))
    return figures, open_prepared(Path("prepared") / name), time.perf_counter() - started


def run(
    system: System,
    name: str,
    recipe: Path,
    source: str,
    lines: list[str],
    variants: dict[str, dict[str, str]],
    seeds: range,
) -> ComparisonFigures:
    """Writes a comparison file, as a user would, and runs it."""
    import yaml

    from vitrine.commands.compare import main as run_command

    origin = yaml.safe_load((ROOT / "configs" / system.recipe).read_text("utf-8"))
    base = yaml.safe_load(recipe.read_text("utf-8"))
    kept = {key: value for key, value in origin["data"].items() if key not in ("source", "image_size")}
    base["data"] |= kept | {"source": source}
    if "labels" in origin:
        base["labels"] = origin["labels"]
    Path(f"{name}_recipe.yaml").write_text(yaml.safe_dump(base), "utf-8")
    content = {"recipe": f"{name}_recipe.yaml", "name": name, "seeds": list(seeds), "variants": variants}
    Path(f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    if run_command([f"{name}.yaml", *lines]):
        sys.exit(f"{name}: see above")
    return ComparisonFigures.read(Path("runs") / name / "comparison.json")


def condense(
    system: System,
    options: argparse.Namespace,
    figures: ComparisonFigures,
    prepared: PreparedDataset,
    seconds: float,
) -> dict[str, Any]:
    """What is worth keeping, without pictures and without names of files."""
    seen = find_test_duplicates(prepared)
    goals = system.scratch_goals if options.part == "scratch" else system.goals
    return {
        "system": options.system,
        "part": options.part,
        "command": say_command(options),
        "seeds": list(figures.seeds),
        "published": system.published,
        "differs": system.differs,
        "goals": goals,
        "test_pictures": len(seen),
        "test_pictures_with_a_copy_in_training": int(seen.sum()),
        "seconds_of_all_runs": round(seconds, 1),
        "machine": figures.runs[0].device,
        "python": platform.python_version(),
        "vitrine": vitrine.__version__,
        "variants": [condense_variant(one, figures, seen, goals) for one in figures.variants],
    }


def say_command(options: argparse.Namespace) -> str:
    """How to run it again, without paths of this machine: a folder of weights is WEIGHTS/..., names are as given."""
    words = [options.system, "--pictures", "FOLDER", "--part", options.part, "--seeds", str(options.seeds)]
    if options.part != "scratch":
        places = ((one, Path(one).expanduser()) for one in options.backbones)
        words += ["--backbones", *(f"WEIGHTS/{place.name}" if place.exists() else one for one, place in places)]
    words += ["--set", *options.set] if options.set else []
    words += ["--name", options.name] if options.name else []
    return " ".join(["python benchmarks/five_systems.py", *words])


def condense_variant(
    variant: VariantFigures,
    figures: ComparisonFigures,
    seen: "np.ndarray[Any, np.dtype[np.bool_]]",
    goals: dict[str, float],
) -> dict[str, Any]:
    folders = [Path("runs") / figures.name / run.folder for run in figures.runs if run.variant == variant.name]
    unseen = [pd.read_csv(folder / PREDICTIONS)["correct"].to_numpy(bool)[~seen].mean() for folder in folders]
    classes = [Metrics.read(folder / METRICS).test.per_class for folder in folders]
    found = {
        "name": variant.name,
        "accuracy": round(variant.accuracy.mean, 4),
        "accuracy_deviation": None if variant.accuracy.deviation is None else round(variant.accuracy.deviation, 4),
        "accuracy_interval": [round(edge, 4) for edge in variant.accuracy_interval],
        "accuracy_without_copies": round(float(np.mean(unseen)), 4) if seen.any() else None,
        "macro_f1": round(variant.macro_f1.mean, 4),
        "f1": {
            rows[0].label_name: round(float(np.mean([row.f1 for row in rows])), 4)
            for rows in zip(*classes, strict=True)
        },
        "cohen_kappa": round(variant.cohen_kappa.mean, 4),
        "validation_accuracy": round(variant.validation_accuracy.mean, 4),
        "test_loss": None if variant.test_loss is None else round(variant.test_loss.mean, 4),
        "seconds_of_a_run": round(variant.seconds.mean, 1),
        "processor_seconds_of_a_run": round(variant.cpu_seconds.mean, 1),
    }
    return found | {"goals_reached": judge(found, goals)}


def judge(found: dict[str, Any], goals: dict[str, float]) -> dict[str, bool | None]:
    """Which goals the figures of a variant reach, as they are written; None where a figure is not there."""
    reached: dict[str, bool | None] = {}
    for goal, wanted in goals.items():
        name, _, label = goal.partition(".")
        value = found.get(name, {}).get(label) if label else found.get(name)
        reached[goal] = None if value is None else value <= wanted if name in AT_MOST else value >= wanted
    return reached


if __name__ == "__main__":
    main()
