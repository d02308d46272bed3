"""transformers.Trainer, as its guide to image classification has it; learning rate and schedule are its defaults."""

from telling import TEST, TRAIN, VALIDATION, Record, read_options


def main() -> None:
    options = read_options(__doc__)
    record = Record()
    trainer, test = build(options)
    evaluate = trainer.evaluate

    def timed_evaluate(*arguments: object, **named: object) -> dict[str, float]:
        record.end_training()
        metrics = evaluate(*arguments, **named)
        record.end_epoch(metrics["eval_accuracy"])
        record.begin_training()
        return metrics

    trainer.evaluate = timed_evaluate
    with record.training():
        trainer.train()
    accuracy = trainer.predict(test).metrics["test_accuracy"]
    record.say(options, ["transformers", "torch"], round(accuracy * len(test)), len(test))


def build(options: object) -> tuple[object, object]:
    """The Trainer, and the test pictures."""
    import torch
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import (
        CenterCrop,
        Compose,
        Normalize,
        RandomHorizontalFlip,
        RandomResizedCrop,
        Resize,
        ToTensor,
    )
    from transformers import AutoImageProcessor, AutoModelForImageClassification, Trainer, TrainingArguments, set_seed

    set_seed(options.seed)
    folder = options.weights / "transformers"
    processor = AutoImageProcessor.from_pretrained(folder)
    normalize = Normalize(mean=processor.image_mean, std=processor.image_std)
    augmenting = Compose([RandomResizedCrop(224), RandomHorizontalFlip(), ToTensor(), normalize])
    plain = Compose([Resize(224), CenterCrop(224), ToTensor(), normalize])
    train = ImageFolder(options.data / TRAIN, augmenting)
    validation, test = (ImageFolder(options.data / split, plain) for split in (VALIDATION, TEST))

    def collate(rows: list[tuple[torch.Tensor, int]]) -> dict[str, torch.Tensor]:
        pixels, label_ids = zip(*rows, strict=True)
        return {"pixel_values": torch.stack(pixels), "labels": torch.tensor(label_ids)}

    network = AutoModelForImageClassification.from_pretrained(
        folder, num_labels=len(train.classes), ignore_mismatched_sizes=True
    )
    arguments = TrainingArguments(
        output_dir=str(options.folder),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.batch_size,
        seed=options.seed,
        eval_strategy="epoch",
        save_strategy="no",
        remove_unused_columns=False,
        report_to="none",
    )

    def measure(predictions: object) -> dict[str, float]:
        return {"accuracy": float((predictions.predictions.argmax(-1) == predictions.label_ids).mean())}

    trainer = Trainer(
        network, arguments, data_collator=collate, train_dataset=train, eval_dataset=validation, compute_metrics=measure
    )
    return trainer, test


if __name__ == "__main__":
    main()
