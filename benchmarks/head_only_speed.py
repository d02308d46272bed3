"""A head on a frozen backbone, from prepared data to evaluated model, beside a plain `transformers.Trainer` script.

Both sides have the same pictures and the same frozen network. The Trainer side is the image-classification guide of
transformers (RandomResizedCrop, fp32, default memory layout, an evaluation after each epoch) for 5 epochs; Vitrine's is
configs/head_only.yaml, once up to the evaluated model (report.study=false), which is all that the Trainer does, and
once with its study of the training pictures, which finds likely wrong labels and gives the learning curve. The Trainer
has Vitrine's learning rate; with its own default of 5e-5 a head hardly moves in 5 epochs. Each runs in a process of its
own, in turn. Three times are given: of the whole process, of the part after the imports, and the processor time of the
whole process, which other programs on the machine change least.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/head_only_speed.py --model FOLDER_OR_HUB_ID [--seeds 0 1 2]
"""

import argparse
import itertools
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import TrainerScript, load_matching_recipe, print_result, run_alone  # noqa: E402 (after the path)

EPOCHS = 5
OURS = ("vitrine", "vitrine+study")
TIMES = {"process": "whole process", "work": "after the imports", "processor": "processor time"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="pretrained model: folder or Hub id")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--learning-rates", type=float, nargs="+", default=[1e-3], help="of the Trainer, each in turn")
    parser.add_argument("--side", choices=["trainer", "vitrine", "vitrine+study"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        model, prepared, seed = options.model, options.prepared, options.seeds[0]
        if options.side == "trainer":
            result = run_trainer(model, prepared, seed, options.learning_rates[0])
        else:
            result = run_vitrine(model, prepared, seed, study=options.side == "vitrine+study")
        print_result(result)
        return
    sides = [(f"trainer {rate:g}", "trainer", rate) for rate in options.learning_rates]
    sides += [(name, name, 0.0) for name in OURS]
    print(
        f"{'side':<14} {'seed':>4} {'process s':>9} {'work s':>7} {'cpu s':>7} {'accuracy':>8} {'load':>5}", flush=True
    )
    found: dict[str, list[dict[str, float]]] = {name: [] for name, *_ in sides}
    for seed in options.seeds:
        for name, side, rate in sides:
            row = run_side(side, options.model, options.prepared, seed, rate)
            found[name].append(row)
            print(
                f"{name:<14} {seed:>4} {row['process']:>9.1f} {row['work']:>7.1f} {row['processor']:>7.1f} "
                f"{row['accuracy']:>8.4f} {os.getloadavg()[0]:>5.1f}",
                flush=True,
            )
    summarize(found)


def summarize(found: dict[str, list[dict[str, float]]]) -> None:
    for name, rows in found.items():
        accuracies = [row["accuracy"] for row in rows]
        spread = statistics.stdev(accuracies) if len(rows) > 1 else 0.0
        print(f"{name}: test accuracy {statistics.mean(accuracies):.4f} +- {spread:.4f} over {len(rows)} seeds")
    for name, side in itertools.product(set(found) - set(OURS), OURS):
        for key, words in TIMES.items():
            theirs, ours = (statistics.median(row[key] for row in found[each]) for each in (name, side))
            print(f"{side} is {theirs / ours:.1f} times as fast as {name} ({words}: {ours:.1f} s, {theirs:.1f} s)")


def run_side(side: str, model: str, prepared: Path, seed: int, rate: float) -> dict[str, float]:
    """Times of one side, in seconds, and its test accuracy."""
    arguments = ["--side", side, "--model", model, "--prepared", str(prepared)]
    arguments += ["--seeds", str(seed), "--learning-rates", str(rate)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    result: dict[str, float] = run_alone(__file__, arguments)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"process": seconds, "processor": processor, **result}


def run_vitrine(model: str, prepared: Path, seed: int, study: bool) -> dict[str, float]:
    from vitrine.commands.console import collect_less_often

    collect_less_often()  # as every command does
    from vitrine.training.run import run_training

    start = time.perf_counter()
    overrides = [f"model.backbone={model}", f"engine.seed={seed}", f"report.study={str(study).lower()}"]
    with tempfile.TemporaryDirectory() as folder:
        metrics = run_training(load_matching_recipe("head_only.yaml", prepared, overrides), Path(folder))
    return {"work": time.perf_counter() - start, "accuracy": metrics.test.accuracy}


def run_trainer(model: str, prepared: Path, seed: int, rate: float) -> dict[str, float]:
    import transformers.trainer  # noqa: F401 (its import is not work)

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        script = TrainerScript(model, prepared, folder, seed, EPOCHS, rate, frozen=True)
        script.trainer.train()
        script.trainer.save_model(folder)
        accuracy = script.measure_accuracy()
    return {"work": time.perf_counter() - start, "accuracy": accuracy}


if __name__ == "__main__":
    main()
