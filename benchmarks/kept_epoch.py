"""By which figure of the validation pictures should the kept epoch be chosen?

Every epoch of finished runs is measured on validation and test pictures, and the choices of four rules are set beside
each other: the lowest validation loss, the lowest once calibrated, the highest accuracy, the last epoch. The test
figures judge the rules, they choose nothing; losses on test pictures are with the validation pictures' temperature.

    python train.py RECIPE early_stopping.top=EPOCHS engine.seed=SEED
    python benchmarks/kept_epoch.py runs/NAME/TIME [runs/NAME/TIME ...]
"""

import argparse
import statistics
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from vitrine.data.prepared.dataset import PreparedDataset, open_prepared  # noqa: E402 (after the path)
from vitrine.evaluation.temperature import calibrated_loss, cross_entropy, fit_temperature  # noqa: E402

RULES = {
    "validation loss": lambda epochs: min(epochs, key=lambda one: one["loss"]),
    "calibrated loss": lambda epochs: min(epochs, key=lambda one: one["calibrated loss"]),
    "validation accuracy": lambda epochs: max(epochs, key=lambda one: one["accuracy"]),
    "last epoch": lambda epochs: epochs[-1],
}
COLUMNS = ("loss", "calibrated loss", "accuracy", "test accuracy", "test loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders")
    options = parser.parse_args()
    kept: dict[str, list[dict[str, float]]] = {rule: [] for rule in RULES}
    for run in options.runs:
        epochs = measure_epochs(run)
        print(f"{run}\n{'epoch':>6}" + "".join(f"{column:>17}" for column in COLUMNS))
        for number, epoch in enumerate(epochs, start=1):
            print(f"{number:>6}" + "".join(f"{epoch[column]:>17.3f}" for column in COLUMNS), flush=True)
        for rule, choose in RULES.items():
            kept[rule].append(choose(epochs))
    for rule, chosen in kept.items():
        means = (statistics.mean(epoch[column] for epoch in chosen) for column in COLUMNS[3:])
        print(f"{rule:<20} test accuracy {next(means):.3f}, test loss {next(means):.3f}, means of {len(chosen)} runs")


def measure_epochs(run: Path) -> list[dict[str, float]]:
    from vitrine.config.loading import load_recipe

    prepared = open_prepared(load_recipe(run / "recipe.yaml", []).prepared_folder)
    epochs = []
    for folder in sorted((run / "checkpoints").glob("epoch_*")):
        (logits, label_ids), (test_logits, test_ids) = (
            answer(folder, prepared, name) for name in ("validation", "test")
        )
        temperature, _ = fit_temperature(logits, label_ids)
        epochs.append(
            {
                "loss": cross_entropy(logits, label_ids),
                "calibrated loss": calibrated_loss(logits, label_ids),
                "accuracy": float((logits.argmax(1) == label_ids).mean()),
                "test accuracy": float((test_logits.argmax(1) == test_ids).mean()),
                "test loss": cross_entropy(test_logits / temperature, test_ids),
            }
        )
    return epochs


def answer(folder: Path, prepared: PreparedDataset, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits `[pictures, labels]` of a stored epoch, in float32, and label ids."""
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    from vitrine.data.loading.loaders import build_evaluation_loader

    model = AutoModelForImageClassification.from_pretrained(folder).eval()
    processor = AutoImageProcessor.from_pretrained(folder)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (processor.image_mean, processor.image_std))
    logits = []
    with torch.inference_mode():
        for batch in build_evaluation_loader(prepared.splits[split], 32, workers=0):
            logits.append(model((batch["pixels"] / 255 - mean) / std).logits)
    return torch.cat(logits).double().numpy(), np.asarray(prepared.splits[split]["label"])


if __name__ == "__main__":
    main()
