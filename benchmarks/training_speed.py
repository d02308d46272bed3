"""Fine-tuning speed and accuracy beside a plain `transformers.Trainer` script.

Both have the same model, pictures, batch and epochs. The Trainer side is the image-classification guide of transformers
(RandomResizedCrop, fp32, default memory layout). Each
side runs in a process of its own, one after the other; pictures per second are those of the training alone.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/training_speed.py --model FOLDER_OR_HUB_ID [--epochs 3] [--seeds 0 1 2]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrine.config.schema import Recipe

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="of Vitrine; the Trainer has its 5e-5")
    parser.add_argument("--training-side", type=int, default=224, help="Vitrine: side of the pictures in training")
    parser.add_argument("--side", choices=["vitrine", "trainer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run = run_vitrine if options.side == "vitrine" else run_trainer
        result = run(options.model, options.prepared, options, options.seeds[0])
        print("result:" + json.dumps(result))
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
    """Runs one side in a process of its own, so that neither warms up the other."""
    command = [
        *(sys.executable, __file__, "--side", side, "--model", options.model, "--prepared", str(options.prepared)),
        *("--epochs", str(options.epochs), "--seeds", str(seed), "--learning-rate", str(options.learning_rate)),
        *("--training-side", str(options.training_side)),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("result:")]
    if not lines:
        sys.exit(answer.stderr)
    result: dict[str, float] = json.loads(lines[-1].removeprefix("result:"))
    return result


def load_matching_recipe(prepared: Path, overrides: list[str]) -> "Recipe":
    """The recipe of the dog breeds, with the settings that the pictures were prepared with."""
    from vitrine.config.loading import load_recipe
    from vitrine.data.prepared import open_prepared

    settings = open_prepared(prepared).facts.settings.content()
    stored = [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in settings.items()
        if name != "data.source"
    ]
    return load_recipe(ROOT / "configs/s2_dogs5.yaml", [*stored, f"data.prepared={prepared}", *overrides])


def run_vitrine(model: str, prepared: Path, options: argparse.Namespace, seed: int) -> dict[str, float]:
    from vitrine.training.run import run_training

    overrides = [f"model.backbone={model}", f"engine.seed={seed}", f"optim.epochs={options.epochs}"]
    overrides += [f"optim.learning_rate={options.learning_rate}", f"augmentation.image_size={options.training_side}"]
    with tempfile.TemporaryDirectory() as folder:
        metrics = run_training(load_matching_recipe(prepared, overrides), Path(folder))
    return {
        "pictures_per_second": metrics["training"]["images_per_second"],
        "test_accuracy": metrics["test"]["accuracy"],
    }


def run_trainer(model: str, prepared: Path, options: argparse.Namespace, seed: int) -> dict[str, float]:
    """As in the guide: one random crop per picture, loaded and normalised by a transform of the data set."""
    import numpy as np
    import torch
    from torchvision.transforms import CenterCrop, Compose, Normalize, RandomResizedCrop, Resize, ToTensor
    from transformers import AutoImageProcessor, AutoModelForImageClassification, Trainer, TrainingArguments

    from vitrine.data.prepared import open_prepared

    data = open_prepared(prepared)
    side = data.facts.image_size
    processor = AutoImageProcessor.from_pretrained(model)
    normalise = Normalize(mean=processor.image_mean, std=processor.image_std)
    for_training = Compose([RandomResizedCrop(side), ToTensor(), normalise])
    for_evaluation = Compose([Resize(side), CenterCrop(side), ToTensor(), normalise])

    def transformed(split: str, transform: Compose) -> object:
        def apply(rows: dict[str, list]) -> dict[str, list]:
            pictures = [transform(picture.convert("RGB")) for picture in rows["image"]]
            return {"pixel_values": pictures, "labels": rows["label"]}

        return data.splits[split].with_transform(apply)

    torch.manual_seed(seed)
    network = AutoModelForImageClassification.from_pretrained(
        model, num_labels=len(data.label_names), ignore_mismatched_sizes=True
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            remove_unused_columns=False,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=32,
            num_train_epochs=options.epochs,
            learning_rate=5e-5,
            eval_strategy="epoch",
            save_strategy="no",
            report_to="none",
            seed=seed,
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
        )
        trainer = Trainer(
            model=network,
            args=arguments,
            train_dataset=transformed("train", for_training),
            eval_dataset=transformed("validation", for_evaluation),
        )
        pictures_per_second = timed_training(trainer, len(data.splits["train"]) * options.epochs)
        logits = trainer.predict(transformed("test", for_evaluation)).predictions
    accuracy = float((logits.argmax(-1) == np.asarray(data.splits["test"]["label"])).mean())
    return {"pictures_per_second": pictures_per_second, "test_accuracy": accuracy}


def timed_training(trainer: object, pictures: int) -> float:
    """Pictures per second of training, without the evaluations between the epochs."""
    import time

    seconds_in_evaluation = 0.0
    evaluate = trainer.evaluate

    def timed_evaluate(*arguments: object, **options: object) -> dict[str, float]:
        nonlocal seconds_in_evaluation
        start = time.perf_counter()
        result = evaluate(*arguments, **options)
        seconds_in_evaluation += time.perf_counter() - start
        return result

    trainer.evaluate = timed_evaluate
    start = time.perf_counter()
    trainer.train()
    return pictures / (time.perf_counter() - start - seconds_in_evaluation)


if __name__ == "__main__":
    main()
