"""The sections of a model's card, each as rows or sentences, from what its run measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from vitrine.config.augmentation import AugmentationSection
from vitrine.data.augmentation.description import NOTHING, describe_augmentation
from vitrine.data.manifest.split_names import TRAIN
from vitrine.records.evidence import ClassFigures, TestEvidence
from vitrine.records.mistakes import TopLoss
from vitrine.records.model import Example
from vitrine.records.public import last_name, public_backbone
from vitrine.records.run import TrainingFigures
from vitrine.ship.run_evidence import RunEvidence
from vitrine.ui.sentences.slices import tell_weaker
from vitrine.ui.sentences.verdict import notices
from vitrine.ui.texts import Texts

MOST_CLASSES = 40  # rows of the table of classes; of more, the weakest
WEAKEST_CLASSES = 20
MOST_MISTAKES = 10


def tell_limits(evidence: RunEvidence, texts: Texts) -> list[str]:
    """What makes its figures weaker than they sound, and kinds of pictures that are shown to be harder."""
    metrics = evidence.metrics
    limits = [one.text for one in notices(metrics, texts)]
    if metrics.mistakes and metrics.mistakes.slices:
        limits += tell_weaker(metrics.mistakes.slices, texts)
    return limits


def show_classes(evidence: RunEvidence, examples: Sequence[Example], texts: Texts) -> list[dict[str, str]]:
    """A row for each class; of many classes those that it finds least, the weakest first.

    Args:
        evidence: of the run.
        examples: pictures that go along with the model; the first of each class is shown.
        texts: of the card's language.
    """
    rows = evidence.metrics.test.per_class
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: (row.recall, -row.pictures, row.label_name))[:WEAKEST_CLASSES]
    example_of = {one.label_name: one.file for one in reversed(examples)}
    counts = evidence.data.counts
    return [
        {
            "label_name": row.label_name,
            "example": example_of.get(row.label_name, ""),
            "training": texts.number(counts[TRAIN].get(row.label_name, 0)),
            "test": texts.number(row.pictures),
            **_show_figures(row, texts),
        }
        for row in rows
    ]


def _show_figures(row: ClassFigures, texts: Texts) -> dict[str, str]:
    figures = {
        "recall": (row.recall, row.recall_interval),
        "precision": (row.precision, row.precision_interval),
        "f1": (row.f1, row.f1_interval),
    }
    return {
        name: "not measured" if ends is None else f"{texts.percent(value)} ({texts.interval(*ends)})"
        for name, (value, ends) in figures.items()
    }


def show_measures(test: TestEvidence, texts: Texts) -> list[tuple[str, str, str]]:
    """Name, figure and 95 % interval of what is told of all classes together."""
    shares = [
        ("Accuracy", test.accuracy, "accuracy"),
        (f"Right class among the {test.top_k} likeliest", test.top_k_accuracy, "top_k_accuracy"),
        ("Balanced accuracy (mean recall)", test.balanced_accuracy, "balanced_accuracy"),
        ("Macro precision", test.macro_precision, "macro_precision"),
        ("Macro F1", test.macro_f1, "macro_f1"),
    ]
    intervals = test.intervals | {"accuracy": test.accuracy_interval}
    rows = []
    for name, value, key in shares:
        ends = intervals.get(key)
        rows.append((name, texts.percent(value, 1), texts.interval(*ends, decimals=1) if ends else "not known"))
    ends = intervals.get("loss")
    loss = " to ".join(texts.number(end, 3) for end in ends) if ends else "not known"
    return [*rows, ("Log loss", texts.number(test.loss, 3), loss)]


def show_wrong_answers(evidence: RunEvidence, with_names: bool, texts: Texts) -> list[dict[str, str]]:
    """The wrong answers to test pictures that surprised it most.

    Args:
        evidence: of the run.
        with_names: whether files are named, as in the manifest; where pictures stay at home, so do their names.
        texts: of the card's language.
    """
    losses = evidence.metrics.mistakes.top_losses if evidence.metrics.mistakes else ()
    wrong = [one for one in losses if one.predicted != one.label_name]
    return [
        _show_wrong_answer(one, _name(one.file) if with_names else str(number), texts)
        for number, one in enumerate(wrong[:MOST_MISTAKES], start=1)
    ]


def _name(file: str) -> str:
    """Without folders of this machine."""
    return last_name(file) if file.startswith(("/", "~")) else file


def _show_wrong_answer(one: TopLoss, name: str, texts: Texts) -> dict[str, str]:
    return {
        "file": name,
        "label_name": one.label_name,
        "predicted": one.predicted,
        "probability": texts.percent(one.probability),
        "own": texts.percent(one.own_probability),
    }


def tell_pairs(evidence: RunEvidence, texts: Texts) -> list[str]:
    """Classes that are mixed up, in sentences, the most frequent mistakes first."""
    pairs = evidence.metrics.mistakes.pairs if evidence.metrics.mistakes else ()
    directions = [
        direction
        for pair in pairs
        for direction in (
            (pair.first_as_second, pair.first_pictures, pair.first, pair.second),
            (pair.second_as_first, pair.second_pictures, pair.second, pair.first),
        )
        if direction[0]
    ]
    return [
        texts("mistakes.pairs.direction", count=count, total=texts.number(total), shown=shown, answered=answered)
        for count, total, shown, answered in directions[:MOST_MISTAKES]
    ]


def tell_speed(evidence: RunEvidence, texts: Texts) -> list[str]:
    """How long an answer took, where that was measured, and the training."""
    training, speed = evidence.metrics.training, evidence.metrics.speed
    device = training.device or evidence.environment.device
    told = [f"Trained for {texts.duration(training.seconds)} on {device}."]
    if speed is not None:
        told.insert(
            0,
            f"An answer to one decoded picture took {texts.number(speed.milliseconds, 1)} ms (PyTorch, float32, median "
            f"of {speed.answers}) on {speed.device}.",
        )
    return told


def show_recipe(evidence: RunEvidence, texts: Texts) -> list[tuple[str, str]]:
    """The parameters that matter most, those that are set, with what became of them."""
    training, recipe = evidence.metrics.training, evidence.metadata.recipe
    validation = evidence.metrics.validation
    preparation, augmentation = recipe.get("preparation", {}), recipe.get("augmentation", {})
    rows: list[tuple[str, object]] = [
        ("network", public_backbone(training.backbone)),
        ("starts from", evidence.weights if evidence.is_pretrained else "random weights"),
        ("trained part", training.trainable_part),
        ("parameters", f"{texts.number(training.parameters)} ({texts.number(training.trainable_parameters)} trained)"),
        ("picture", f"{evidence.metadata.image_size} x {evidence.metadata.image_size} px"),
        ("resizing", preparation.get("resize")),
        ("steps before", ", ".join(preparation.get("steps", ()))),
        ("augmentation", _tell_augmentation(training, augmentation)),
        ("head fitted first", _tell_head_first(training.head_first_accuracy, texts)),
        ("epochs", f"{training.epochs} of {training.epochs_planned}, kept: {validation.best_epoch}"),
        ("fitted once more", "on training and validation pictures together" if training.refitted else None),
        ("optimizer", recipe.get("optim", {}).get("name")),
        ("learning rate", training.learning_rate),
        ("batch size", training.batch_size),
        ("precision", training.precision),
        ("seed", training.seed),
        ("made with", _tell_versions(evidence)),
    ]
    return [(name, str(value)) for name, value in rows if value not in (None, "")]


def _tell_head_first(accuracy: float | None, texts: Texts) -> str | None:
    return None if accuracy is None else f"{texts.percent(accuracy)} of the validation pictures right with it alone"


def _tell_augmentation(training: TrainingFigures, section: Mapping[str, Any]) -> str | None:
    """As training used it, which is not at all for a head on features of the pictures as they are."""
    if not section:
        return None
    if not training.augmentation:
        return NOTHING
    return describe_augmentation(AugmentationSection.model_validate(section), training.feature_views or 0)


def _tell_versions(evidence: RunEvidence) -> str:
    versions = evidence.environment.versions
    named = [f"{name} {versions[name]}" for name in ("torch", "transformers") if name in versions]
    return ", ".join([f"Vitrine {evidence.environment.vitrine}", *named])
