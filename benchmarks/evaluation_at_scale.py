"""Time and memory of an evaluation by the number of pictures, without the network: does the memory stay flat?

    python benchmarks/evaluation_at_scale.py --counts 100000 400000 --classes 10

Files and answers are made up: nothing is opened, and the logits are random with two more for the right class. All that
`evaluate` does beside asking the model is done: list, measure, tables, page. Each count runs in a process of its own.
Memory is what is not mapped from files, at its peak (Linux), and beside it what the list of labelled pictures takes.
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.costs import own_memory, processor_time, watch_memory
from benchmarks.sides import print_result, run_alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[100_000, 400_000])
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        run(options.count, options.classes)
        return
    print(f"{'pictures':>9} {'classes':>7} {'seconds':>8} {'processor, s':>13} {'list, MB':>9} {'memory, MB':>11}")
    told = {}
    for count in options.counts:
        told[count] = one = run_alone(__file__, ["--count", str(count), "--classes", str(options.classes)])
        print(
            f"{count:>9,} {options.classes:>7,} {one['clock']:>8.1f} {one['processor']:>13.1f} {one['list']:>9.0f} "
            f"{one['memory']:>11.0f}",
            flush=True,
        )
    few, many = min(told), max(told)
    if few < many:
        added = (told[many]["memory"] - told[few]["memory"]) / (many - few) * 1e6
        print(f"{added:,.0f} bytes a further picture")


def run(count: int, classes: int) -> None:
    """Evaluates made-up answers and prints what it took."""
    from vitrine.reports.evaluation.page import write_evaluation
    from vitrine.workflows.evaluate import measure_model

    names = [f"class {number:04d}" for number in range(classes)]
    predictor = SimpleNamespace(
        metadata=None, label_names=names, trust=None, model_id="made up", network=SimpleNamespace(on_processor=True)
    )
    before, highest = own_memory(), watch_memory()
    clock = time.perf_counter()
    data = list_pictures(count, names)
    listed = own_memory() - before
    with tempfile.TemporaryDirectory() as folder:
        measured = measure_model(predictor, data, "made up", (), 5, ask=answer_at_random)
        write_evaluation(Path(folder) / "evaluation", measured)
    figures = {"clock": time.perf_counter() - clock, "processor": processor_time()}
    print_result(figures | {"list": listed, "memory": highest[0]})


def list_pictures(count: int, names: list[str]):
    from vitrine.data.loading.labeled import LabeledData, LabeledImages, _label
    from vitrine.data.sources.file_columns import FileColumns
    from vitrine.data.sources.files import FoundFile
    from vitrine.data.sources.places import FileBelow

    def find(number: int) -> FoundFile:
        name = names[number % len(names)]
        file = f"{name}/{number:07d}.jpg"
        return FoundFile(FileBelow("/nowhere", file), file, name, "", "")

    files = [find(number) for number in range(count)]
    pictures = LabeledImages(range(count), partial(_label, FileColumns(files), 150, "white"))
    return LabeledData("made up", "all", pictures, [], 0, None)


def answer_at_random(predictor, data, _preprocessed, _progress):
    from vitrine.predict.batches import PredictionBatch
    from vitrine.predict.predictions import Predictions
    from vitrine.workflows.inspection import LOOKS

    count, classes = len(data.pictures), len(predictor.label_names)
    generator = np.random.default_rng(0)
    logits = generator.standard_normal((count, classes), np.float32)
    logits[np.arange(count), np.arange(count) % classes] += 2
    looks = np.zeros(count, LOOKS)
    looks["size"], looks["looks"]["brightness"] = (400, 300), generator.random(count)
    ids = [picture.file for picture in data.pictures]
    return PredictionBatch(np.arange(count), Predictions(ids, logits, predictor.label_names), (), looks)


if __name__ == "__main__":
    main()
