"""Keras on TensorFlow, as its guide to transfer learning has it, with ResNet-18 of KerasHub.

The weights are given as timm's folder, which KerasHub converts. Everything is trained at once with Adam at 1e-4: the
default of 1e-3 is for a frozen network.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

from telling import TEST, TRAIN, VALIDATION, Record, list_pictures, read_options


def main() -> None:
    options = read_options(__doc__)
    import keras
    import keras_hub

    keras.utils.set_random_seed(options.seed)
    classes = sorted(folder.name for folder in (options.data / TRAIN).iterdir())
    model = keras_hub.models.ImageClassifier.from_preset(str(options.weights / "timm"), num_classes=len(classes))
    augment = keras.Sequential([keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1)])

    def read(split: str) -> object:
        return keras.utils.image_dataset_from_directory(
            options.data / split,
            class_names=classes,
            image_size=(224, 224),
            batch_size=options.batch_size,
            shuffle=split == TRAIN,
            seed=options.seed,
        )

    train = read(TRAIN).map(lambda pixels, label_ids: (augment(pixels, training=True), label_ids)).prefetch(2)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    record = Record()
    times = build_times(keras, record)
    model.fit(train, validation_data=read(VALIDATION), epochs=options.epochs, callbacks=[times], verbose=2)
    _, accuracy = model.evaluate(read(TEST), verbose=0)
    total = len(list_pictures(options.data / TEST))
    record.say(options, ["keras", "keras-hub", "tensorflow"], round(accuracy * total), total)


def build_times(keras: object, record: Record) -> object:
    """A callback that keeps the record."""

    class Times(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            record.begin_training()

        def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
            record.end_training()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            record.end_epoch(logs["val_accuracy"])

    return Times()


if __name__ == "__main__":
    main()
