"""AutoGluon's MultiModalPredictor on a table of paths, with ResNet-18 of timm and else its defaults.

It stops early and averages its best checkpoints by itself. Lightning, which trains for it, tells the times.
"""

from telling import TEST, TRAIN, VALIDATION, Record, list_pictures, read_options


def main() -> None:
    options = read_options(__doc__)
    import pandas as pd
    from autogluon.multimodal import MultiModalPredictor

    def read(split: str) -> pd.DataFrame:
        files = list_pictures(options.data / split)
        return pd.DataFrame({"image": map(str, files), "label": [file.parent.name for file in files]})

    record = Record()
    add_times(record)
    predictor = MultiModalPredictor(
        label="label", problem_type="multiclass", eval_metric="accuracy", path=str(options.folder / "run")
    )
    settings = {
        "model.names": ["timm_image"],
        "model.timm_image.checkpoint_name": str(options.weights / "timm"),
        "optim.max_epochs": options.epochs,
        "optim.val_check_interval": 1.0,
        "env.per_gpu_batch_size": options.batch_size,
        "env.batch_size": options.batch_size,
    }
    predictor.fit(read(TRAIN), tuning_data=read(VALIDATION), hyperparameters=settings, seed=options.seed)
    test = read(TEST)
    right = int((predictor.predict(test) == test["label"]).sum())
    record.say(options, ["autogluon.multimodal", "timm", "torch"], right, len(test))


def add_times(record: Record) -> None:
    """Gives each trainer of Lightning a callback that keeps the record."""
    from lightning.pytorch import Callback, Trainer

    class Times(Callback):
        def on_train_epoch_start(self, trainer: object, module: object) -> None:
            record.begin_training()

        def on_validation_epoch_start(self, trainer: object, module: object) -> None:
            record.end_training()

        def on_validation_end(self, trainer: object, module: object) -> None:
            if not trainer.sanity_checking:
                record.end_epoch(trainer.callback_metrics["val_accuracy"])

    build = Trainer.__init__

    def build_with_times(self: object, *arguments: object, **named: object) -> None:
        named["callbacks"] = [*(named.get("callbacks") or []), Times()]
        build(self, *arguments, **named)

    Trainer.__init__ = build_with_times


if __name__ == "__main__":
    main()
