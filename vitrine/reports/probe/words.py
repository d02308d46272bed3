"""What a feasibility study means, in sentences: the expectation, what it rests on, what to do next."""

from collections.abc import Sequence

from vitrine.evaluation.probe.linear_probe import NOT_MEASURED, ConfusedPair, Study
from vitrine.reports.shared.verdict import Notice
from vitrine.ui.format import percent, plural, quote

HARD = 0.1  # share of a class's pictures that get the other's name
FEWEST_MISTAKES = 3  # between two classes before they are called hard: two may be chance
EASY = 0.95  # accuracy from which a frozen backbone is good enough to start from
FEW_PICTURES = 20  # of a class; below, a head has little to learn it from
SURE = 0.9  # probability from which a wrong answer casts doubt on the label


def expect(study: Study, label_names: Sequence[str]) -> str:
    """The one sentence that everybody should take away."""
    claim = f"Expect an accuracy of about {study.head.accuracy:.2f} with a frozen backbone"
    hard = find_hard(study)[:2]
    if hard:
        pairs = ", and ".join(_name(pair, label_names) for pair in hard)
        return f"{claim}; {pairs}{',' if len(hard) > 1 else ''} are hard to tell apart."
    if not study.pairs:
        return f"{claim}; it makes no mistake."
    if study.head.accuracy >= EASY:
        return f"{claim}; no two classes are hard to tell apart."
    return f"{claim}; {_name(study.pairs[0], label_names)} are mixed up most."


def find_hard(study: Study) -> list[ConfusedPair]:
    """The pairs of classes that are mixed up often, the worst first."""
    return [
        pair
        for pair in study.pairs
        if pair.rate >= HARD and pair.first_as_second + pair.second_as_first >= FEWEST_MISTAKES
    ]


def give_evidence(study: Study) -> str:
    """What the expectation rests on."""
    low, high = study.head.interval
    return (
        f"95 % interval {low:.2f} to {high:.2f}: a linear head on the backbone's features, cross-validated on "
        f"{plural(study.head.pictures, 'training and validation picture')}. The test pictures stay unseen."
    )


def find_notices(study: Study, label_names: Sequence[str], label_ids: Sequence[int], looked_at: int) -> list[Notice]:
    """What makes the expectation weaker than it sounds.

    Args:
        study: of the pictures.
        label_names: in the order of the label ids.
        label_ids: of the pictures that were studied.
        looked_at: training and validation pictures that there are.
    """
    found = []
    if study.head.interval[0] <= study.majority:
        found.append(
            Notice(
                "warning",
                f"This is not shown to be better than always naming '{label_names[study.majority_class]}', which is "
                f"right for {study.majority:.2f}.",
            )
        )
    unmeasured = [
        label_names[label_id]
        for label_id in sorted(
            {label for label, answer in zip(label_ids, study.head.answers, strict=True) if answer == NOT_MEASURED}
        )
    ]
    if unmeasured:
        text = "too few unrelated pictures to learn from and to ask about; the accuracy is that of the other classes"
        found.append(Notice("warning", f"{quote(unmeasured)} {'has' if len(unmeasured) == 1 else 'have'} {text}."))
    absent = [name for label_id, name in enumerate(label_names) if label_id not in set(label_ids)]
    if absent:
        verb = (
            "has no training or validation picture" if len(absent) == 1 else "have no training or validation pictures"
        )
        found.append(Notice("warning", f"{quote(absent)} {verb}."))
    if study.pictures < looked_at:
        found.append(
            Notice("note", f"{study.pictures:,} of the {looked_at:,} pictures were studied, of each class its share.")
        )
    return found


def advise(study: Study, label_names: Sequence[str], label_ids: Sequence[int]) -> list[str]:
    """What to do next, the first thing first."""
    steps = []
    if study.head.interval[0] <= study.majority:
        steps.append(
            "Look at pictures and labels before you train: either the labels do not follow from what can be seen, or "
            "this backbone has learned nothing that helps here. Another backbone is a quick test (--backbone)."
        )
    elif study.head.accuracy >= EASY:
        steps.append(
            "A head on the frozen backbone goes far already (model.trainable_part=head). Training all of it "
            "(model.trainable_part=all) may win back some of the remaining mistakes."
        )
    else:
        steps.append(
            "Train the whole network (model.trainable_part=all): fitted to these pictures, a backbone mostly does "
            "better than a frozen one. Keep the expectation beside its result."
        )
    hard = find_hard(study)
    if hard:
        steps.append(
            f"Look at the pictures of {_name(hard[0], label_names)} below. If you cannot tell them apart either, "
            "labels.rename makes one class of two; if you can, more pictures of both help most."
        )
    doubtful = count_doubtful(study, label_ids)
    if doubtful:
        steps.append(
            f"Check {plural(doubtful, 'label')}: so many pictures are given another name with a probability of "
            f"{percent(SURE)} or more. Mistakes have a ring in the map."
        )
    few = [name for label_id, name in enumerate(label_names) if 0 < list(label_ids).count(label_id) < FEW_PICTURES]
    if few:
        verb = "has" if len(few) == 1 else "have"
        steps.append(f"Find more pictures: {quote(few)} {verb} fewer than {FEW_PICTURES} to learn from.")
    return steps


def count_doubtful(study: Study, label_ids: Sequence[int]) -> int:
    """Pictures that are surely given another name."""
    head = study.head
    return sum(
        answer not in (NOT_MEASURED, label_id) and confidence >= SURE
        for label_id, answer, confidence in zip(label_ids, head.answers, head.confidences, strict=True)
    )


def judge_rand(index: float) -> str:
    """Words for the adjusted Rand index of groups that were found without labels."""
    scale = ((0.1, "hardly any agreement"), (0.4, "some agreement"), (0.7, "fair agreement"), (0.9, "good agreement"))
    return next((words for limit, words in scale if index < limit), "nearly the same groups")


def judge_silhouette(value: float) -> str:
    """Words for the silhouette, whose usual values for features of pictures are small."""
    scale = (
        (0.0, "classes lie within each other"),
        (0.1, "classes overlap"),
        (0.25, "classes stand apart, with seams"),
    )
    return next((words for limit, words in scale if value < limit), "classes stand well apart")


def _name(pair: ConfusedPair, label_names: Sequence[str]) -> str:
    return f"'{label_names[pair.first]}' and '{label_names[pair.second]}'"
