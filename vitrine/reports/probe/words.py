"""What a feasibility study means, in sentences: the expectation, what it rests on, what to do next."""

from collections.abc import Sequence

from vitrine.evaluation.probe.linear_probe import NOT_MEASURED, ConfusedPair, Study
from vitrine.ui.sentences.verdict import Notice
from vitrine.ui.texts import Texts

HARD = 0.1  # share of a class's pictures that get the other's name
FEWEST_MISTAKES = 3  # between two classes before they are called hard: two may be chance
EASY = 0.95  # accuracy from which a frozen backbone is good enough to start from
FEW_PICTURES = 20  # of a class; below, a head has little to learn it from
SURE = 0.9  # probability from which a wrong answer casts doubt on the label


def expect(study: Study, label_names: Sequence[str], texts: Texts) -> str:
    """The one sentence that everybody should take away."""
    accuracy = texts.number(study.head.accuracy, 2)
    hard = [_name(pair, label_names, texts) for pair in find_hard(study)[:2]]
    if hard:
        key = "one_hard" if len(hard) == 1 else "two_hard"
        return texts(f"study.expect.{key}", accuracy=accuracy, pair=hard[0], other=hard[-1])
    if not study.pairs:
        return texts("study.expect.no_mistake", accuracy=accuracy)
    if study.head.accuracy >= EASY:
        return texts("study.expect.none_hard", accuracy=accuracy)
    return texts("study.expect.mixed_most", accuracy=accuracy, pair=_name(study.pairs[0], label_names, texts))


def find_hard(study: Study) -> list[ConfusedPair]:
    """The pairs of classes that are mixed up often, the worst first."""
    return [
        pair
        for pair in study.pairs
        if pair.rate >= HARD and pair.first_as_second + pair.second_as_first >= FEWEST_MISTAKES
    ]


def give_evidence(study: Study, texts: Texts) -> str:
    """What the expectation rests on."""
    low, high = (texts.number(bound, 2) for bound in study.head.interval)
    return texts("study.evidence", count=study.head.pictures, low=low, high=high)


def find_notices(
    study: Study, label_names: Sequence[str], label_ids: Sequence[int], looked_at: int, texts: Texts
) -> list[Notice]:
    """What makes the expectation weaker than it sounds.

    Args:
        study: of the pictures.
        label_names: in the order of the label ids.
        label_ids: of the pictures that were studied.
        looked_at: training and validation pictures that there are.
        texts: of the page's language.
    """
    found = []
    if study.head.interval[0] <= study.majority:
        name, share = label_names[study.majority_class], texts.number(study.majority, 2)
        found.append(Notice("warning", texts("study.notices.not_shown_better", name=name, share=share)))
    answers = zip(label_ids, study.head.answers, strict=True)
    unmeasured = [label_names[label] for label in sorted({label for label, one in answers if one == NOT_MEASURED})]
    absent = [name for label_id, name in enumerate(label_names) if label_id not in set(label_ids)]
    for key, names in (("unmeasured", unmeasured), ("absent", absent)):
        if names:
            text = texts(f"study.notices.{key}", count=len(names), names=texts.quote(names))
            found.append(Notice("warning", text))
    if study.pictures < looked_at:
        text = texts("study.notices.part", count=study.pictures, all=texts.number(looked_at))
        found.append(Notice("note", text))
    return found


def advise(study: Study, label_names: Sequence[str], label_ids: Sequence[int], texts: Texts) -> list[str]:
    """What to do next, the first thing first.

    Args:
        study: of the pictures.
        label_names: in the order of the label ids.
        label_ids: of the pictures that were studied.
        texts: of the page's language.
    """
    if study.head.interval[0] <= study.majority:
        steps = [texts("study.advice.look_first")]
    elif study.head.accuracy >= EASY:
        steps = [texts("study.advice.head_goes_far")]
    else:
        steps = [texts("study.advice.train_all")]
    hard = find_hard(study)
    if hard:
        steps.append(texts("study.advice.hard_pair", pair=_name(hard[0], label_names, texts)))
    doubtful = count_doubtful(study, label_ids)
    if doubtful:
        steps.append(texts("study.advice.doubtful", count=doubtful, share=texts.percent(SURE)))
    few = [name for label_id, name in enumerate(label_names) if 0 < list(label_ids).count(label_id) < FEW_PICTURES]
    if few:
        steps.append(texts("study.advice.few", count=len(few), names=texts.quote(few), limit=FEW_PICTURES))
    return steps


def count_doubtful(study: Study, label_ids: Sequence[int]) -> int:
    """Pictures that are surely given another name."""
    head = study.head
    return sum(
        answer not in (NOT_MEASURED, label_id) and confidence >= SURE
        for label_id, answer, confidence in zip(label_ids, head.answers, head.confidences, strict=True)
    )


def judge_rand(index: float, texts: Texts) -> str:
    """Words for the adjusted Rand index of groups that were found without labels."""
    scale = ((0.1, "hardly"), (0.4, "some"), (0.7, "fair"), (0.9, "good"))
    return texts(f"study.rand.{next((word for limit, word in scale if index < limit), 'same')}")


def judge_silhouette(value: float, texts: Texts) -> str:
    """Words for the silhouette, whose usual values for features of pictures are small."""
    scale = ((0.0, "within"), (0.1, "overlap"), (0.25, "seams"))
    return texts(f"study.silhouette.{next((word for limit, word in scale if value < limit), 'apart')}")


def _name(pair: ConfusedPair, label_names: Sequence[str], texts: Texts) -> str:
    return texts("study.pair", first=label_names[pair.first], second=label_names[pair.second])
