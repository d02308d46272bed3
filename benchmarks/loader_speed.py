"""How many pictures the loader alone delivers in a second, beside what a training takes, and its time spent waiting.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/loader_speed.py --model FOLDER_OR_HUB_ID [--epochs 3]

The loader reads uint8 squares in the shuffled order of a training, without workers, as training on a CPU does.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

BATCH_SIZE = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    speeds = [read_epoch(options.prepared, epoch) for epoch in range(options.epochs)]
    print(f"loader alone: median {statistics.median(speeds):.0f} pictures/s ({', '.join(f'{s:.0f}' for s in speeds)})")
    taken, waiting = train(options.model, options.prepared, options.epochs)
    print(f"training takes {taken:.1f} pictures/s and waits {waiting:.1%} of its time for data")
    print(f"the loader delivers {statistics.median(speeds) / taken:.1f} times what the training takes")


def read_epoch(prepared: Path, epoch: int) -> float:
    from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_step_loader
    from vitrine.data.prepared.dataset import open_prepared

    split = open_prepared(prepared).splits["train"]
    batches = StepBatches(EpochSampler(len(split), 0), BATCH_SIZE)
    batches.start(epoch)
    loader = build_step_loader(split, batches, workers=0)
    start = time.perf_counter()
    pictures = sum(len(batch["pixels"]) for batch in loader)
    return pictures / (time.perf_counter() - start)


def train(model: str, prepared: Path, epochs: int) -> tuple[float, float]:
    from benchmarks.sides import load_matching_recipe
    from vitrine.training.run import run_training

    overrides = [f"model.backbone={model}", f"optim.epochs={epochs}", "augmentation.first_image_size=null"]
    recipe = load_matching_recipe("s2_dogs5.yaml", prepared, overrides)
    with tempfile.TemporaryDirectory() as folder:
        facts = run_training(recipe, Path(folder)).training
    return facts.images_per_second, facts.data_wait_share


if __name__ == "__main__":
    main()
