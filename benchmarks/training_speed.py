"""Fine-tuning speed and accuracy beside a plain `transformers.Trainer` script.

Both have the same model, pictures, batch and epochs. The Trainer side is the image-classification guide of transformers
(RandomResizedCrop, fp32, default memory layout). Each side runs in a process of its own, one after the other; pictures
per second are those of the training without its evaluations, the fit of the head before it included.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/training_speed.py --model FOLDER_OR_HUB_ID [--epochs 3] [--seeds 0 1 2]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import TrainerScript, load_matching_recipe, print_result, run_alone  # noqa: E402 (after the path)

TRAINER_RATE = 5e-5  # its default


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="of Vitrine; the Trainer has its own default")
    parser.add_argument("--training-side", type=int, default=224, help="Vitrine: side of the pictures in training")
    parser.add_argument("--first-side", type=int, help="likewise in the first epoch, from which they grow to the last")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="Vitrine: parameters of the recipe")
    parser.add_argument("--side", choices=["vitrine", "trainer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run = run_vitrine if options.side == "vitrine" else run_trainer
        print_result(run(options.model, options.prepared, options, options.seeds[0]))
        return
    print(f"{'side':<8} {'seed':>4} {'pictures/s':>10} {'test accuracy':>13}", flush=True)
    speeds: dict[str, list[float]] = {"trainer": [], "vitrine": []}
    accuracies: dict[str, list[float]] = {"trainer": [], "vitrine": []}
    for seed in options.seeds:
        for side in speeds:
            result = run_side(side, options, seed)
            speeds[side].append(result["pictures_per_second"])
            accuracies[side].append(result["test_accuracy"])
            print(f"{side:<8} {seed:>4} {speeds[side][-1]:>10.1f} {accuracies[side][-1]:>13.4f}", flush=True)
    for side in speeds:
        spread = statistics.stdev(accuracies[side]) if len(options.seeds) > 1 else 0.0
        print(
            f"{side}: median {statistics.median(speeds[side]):.1f} pictures/s, "
            f"test accuracy {statistics.mean(accuracies[side]):.4f} +- {spread:.4f} over {len(options.seeds)} seeds"
        )
    print(f"ratio of the medians: {statistics.median(speeds['vitrine']) / statistics.median(speeds['trainer']):.2f}")


def run_side(side: str, options: argparse.Namespace, seed: int) -> dict[str, float]:
    """Pictures per second in training and test accuracy of one side."""
    arguments = ["--side", side, "--model", options.model, "--prepared", str(options.prepared)]
    arguments += ["--epochs", str(options.epochs), "--seeds", str(seed), "--training-side", str(options.training_side)]
    arguments += ["--learning-rate", str(options.learning_rate)]
    arguments += ["--first-side", str(options.first_side)] if options.first_side else []
    arguments += ["--set", *options.set] if options.set else []
    result: dict[str, float] = run_alone(__file__, arguments)
    return result


def run_vitrine(model: str, prepared: Path, options: argparse.Namespace, seed: int) -> dict[str, float]:
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.training import fit
    from vitrine.training.run import run_training

    overrides = [f"model.backbone={model}", f"engine.seed={seed}", f"optim.epochs={options.epochs}"]
    overrides += [f"optim.learning_rate={options.learning_rate}", f"augmentation.image_size={options.training_side}"]
    overrides += [f"augmentation.first_image_size={options.first_side or 'null'}", *options.set]
    fit.fit_head_first, seconds_before = timed(fit.fit_head_first)
    with tempfile.TemporaryDirectory() as folder:
        metrics = run_training(load_matching_recipe("s2_dogs5.yaml", prepared, overrides), Path(folder))
    pictures = options.epochs * sum(open_prepared(prepared).facts.counts["train"].values())
    seconds = pictures / metrics.training.images_per_second + sum(seconds_before)
    return {"pictures_per_second": pictures / seconds, "test_accuracy": metrics.test.accuracy}


def run_trainer(model: str, prepared: Path, options: argparse.Namespace, seed: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        script = TrainerScript(model, prepared, folder, seed, options.epochs, TRAINER_RATE, frozen=False)
        pictures_per_second = timed_training(script.trainer, script.pictures * options.epochs)
        accuracy = script.measure_accuracy()
    return {"pictures_per_second": pictures_per_second, "test_accuracy": accuracy}


def timed_training(trainer: Any, pictures: int) -> float:
    """Pictures per second of training, without the evaluations between the epochs."""
    trainer.evaluate, seconds_in_evaluation = timed(trainer.evaluate)
    start = time.perf_counter()
    trainer.train()
    return pictures / (time.perf_counter() - start - sum(seconds_in_evaluation))


def timed(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[float]]:
    """The function, and a list to which each call of it adds its seconds."""
    seconds = []

    def call(*arguments: object, **options: object) -> Any:
        start = time.perf_counter()
        result = function(*arguments, **options)
        seconds.append(time.perf_counter() - start)
        return result

    return call, seconds


if __name__ == "__main__":
    main()
