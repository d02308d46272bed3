"""timm's train.py, which is in its repository and not in its package, on ResNet-18.

Its defaults are for hundreds of epochs from scratch: AdamW at 1e-4 without warm-up epochs stands in their place. It
runs as it is, in this process, so that its own functions can be timed; the checkpoint that it finds best is tested.
"""

import importlib.util
import os
import sys
from pathlib import Path

from telling import TEST, VALIDATION, Record, count_right, read_options

FIXED = ["--model", "resnet18", "--pretrained", "--opt", "adamw", "--lr", "1e-4", "--warmup-epochs", "0"]


def main() -> None:
    options = read_options(__doc__)
    record = Record()
    program = read_program(options.timm_train)
    time_program(program, record, options)
    classes = len(list((options.data / TEST).iterdir()))
    sys.argv = ["train.py", "--data-dir", str(options.data), "--val-split", VALIDATION, "--num-classes", str(classes)]
    sys.argv += [*FIXED, "--pretrained-path", str(options.weights / "timm" / "model.safetensors")]
    sys.argv += ["--epochs", str(options.epochs), "--batch-size", str(options.batch_size), "--seed", str(options.seed)]
    sys.argv += ["--workers", str(os.cpu_count()), "--output", str(options.folder), "--experiment", "run"]
    sys.argv += ["--device", choose_device(), "--checkpoint-hist", "1"]
    program.main()
    right, total = test(options, classes)
    record.say(options, ["timm", "torch"], right, total)


def choose_device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def read_program(file: Path) -> object:
    specification = importlib.util.spec_from_file_location("timm_train", file)
    program = importlib.util.module_from_spec(specification)
    sys.modules["timm_train"] = program
    specification.loader.exec_module(program)
    return program


def time_program(program: object, record: Record, options: object) -> None:
    """Puts timed functions in the place of its own."""
    train_one_epoch, validate = program.train_one_epoch, program.validate

    def timed_epoch(epoch: int, model: object, loader: object, *arguments: object, **named: object) -> object:
        record.pictures_per_epoch = len(loader) * options.batch_size  # its loader leaves out the last, smaller batch
        with record.training():
            return train_one_epoch(epoch, model, loader, *arguments, **named)

    def timed_validate(*arguments: object, **named: object) -> dict[str, float]:
        metrics = validate(*arguments, **named)
        record.end_epoch(metrics["top1"] / 100)
        return metrics

    program.train_one_epoch, program.validate = timed_epoch, timed_validate


def test(options: object, classes: int) -> tuple[int, int]:
    import timm
    from timm.data import create_transform, resolve_data_config

    checkpoint = options.folder / "run" / "model_best.pth.tar"
    model = timm.create_model("resnet18", num_classes=classes, checkpoint_path=str(checkpoint))
    transform = create_transform(**resolve_data_config({}, model=model))
    return count_right(model, options.data / TEST, transform, options.batch_size)


if __name__ == "__main__":
    main()
