"""Ultralytics (AGPL-3.0: it stays here): its trainer and its head on torchvision's ResNet-18, else its defaults."""

import os

os.environ["YOLO_OFFLINE"] = "true"  # it would look for a newer version of itself

from telling import TEST, Record, list_pictures, read_options


def main() -> None:
    options = read_options(__doc__)
    os.environ["YOLO_CONFIG_DIR"] = str(options.folder)
    from ultralytics.models.yolo.classify import ClassificationTrainer, ClassificationValidator

    record = Record()
    trainer = ClassificationTrainer(
        overrides={
            "model": "yolo11-cls-resnet18.yaml", "data": str(options.data), "epochs": options.epochs, "imgsz": 224,
            "batch": options.batch_size, "seed": options.seed, "project": str(options.folder), "name": "run",
            "plots": False, "workers": os.cpu_count(),
        }
    )  # fmt: skip

    def end_epoch(trainer: object) -> None:
        if len(record.epochs) < options.epochs:  # the last evaluation calls it once more
            record.end_epoch(trainer.metrics["metrics/accuracy_top1"])

    trainer.add_callback("on_train_epoch_start", lambda _: record.begin_training())
    trainer.add_callback("on_train_epoch_end", lambda _: record.end_training())
    trainer.add_callback("on_fit_epoch_end", end_epoch)
    trainer.train()
    validator = ClassificationValidator(
        args={"model": str(trainer.best), "data": str(options.data), "split": TEST, "imgsz": 224, "plots": False}
    )
    metrics = validator(model=str(trainer.best))
    total = len(list_pictures(options.data / TEST))
    record.say(options, ["ultralytics", "torch"], round(metrics["metrics/accuracy_top1"] * total), total)


if __name__ == "__main__":
    main()
