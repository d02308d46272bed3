"""fastai, as its first lesson has it: `vision_learner` and `fine_tune`, whose first epoch trains the head alone.

With one epoch in all there is no such first one: everything is trained at once.
"""

from telling import TEST, TRAIN, VALIDATION, Record, list_pictures, read_options


def main() -> None:
    options = read_options(__doc__)
    import torch
    from fastai.vision.all import (
        Callback,
        ImageDataLoaders,
        Resize,
        accuracy,
        aug_transforms,
        parent_label,
        resnet18,
        set_seed,
        vision_learner,
    )

    record = Record()

    class Times(Callback):
        order = 60  # after the recorder, which holds the accuracy

        def before_train(self) -> None:
            record.begin_training()

        def after_train(self) -> None:
            record.end_training()

        def after_epoch(self) -> None:
            record.end_epoch(self.learn.recorder.values[-1][-1])

    times = Times()
    set_seed(options.seed)
    loaders = ImageDataLoaders.from_folder(
        options.data, train=TRAIN, valid=VALIDATION, bs=options.batch_size, item_tfms=Resize(224),
        batch_tfms=aug_transforms(), seed=options.seed,
    )  # fmt: skip
    record.pictures_per_epoch = loaders.train.n // options.batch_size * options.batch_size
    learner = vision_learner(loaders, resnet18, metrics=accuracy, cbs=times, path=options.folder)
    if options.epochs > 1:
        learner.fine_tune(options.epochs - 1)
    else:
        learner.unfreeze()
        learner.fit_one_cycle(1)
    learner.remove_cb(times)  # the test would call it, too
    files = list_pictures(options.data / TEST)
    probabilities, _ = learner.get_preds(dl=loaders.test_dl(files))
    label_ids = torch.tensor([list(loaders.vocab).index(parent_label(file)) for file in files])
    right = int((probabilities.argmax(1) == label_ids).sum())
    record.say(options, ["fastai", "torch"], right, len(files))


if __name__ == "__main__":
    main()
