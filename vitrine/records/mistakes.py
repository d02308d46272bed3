"""The section `mistakes` of metrics.json; `mistakes.collect_mistakes` fills it."""

from typing import Literal

from vitrine.records.schema import Count, Interval, Record, Share

Judge = Literal["model", "head"]
SliceName = Literal["dark", "bright", "low_contrast", "small", "elongated", "grey", "blurred"]


class Pair(Record):
    """Two classes that are mixed up.

    Attributes:
        first: a class.
        second: another one.
        first_as_second: test pictures of the first that were given the name of the second.
        second_as_first: the other way round.
        first_pictures: test pictures of the first.
        second_pictures: test pictures of the second.
    """

    first: str
    second: str
    first_as_second: Count
    second_as_first: Count
    first_pictures: Count
    second_pictures: Count


class TopLoss(Record):
    """A test picture that surprised the model.

    Attributes:
        file: its name in the manifest.
        label_name: its label.
        predicted: the model's answer.
        probability: of the answer.
        own_probability: of its label.
        loss: the negative logarithm of that.
    """

    file: str
    label_name: str
    predicted: str
    probability: float
    own_probability: float
    loss: float


class Suspect(Record):
    """A picture whose label is likely wrong.

    Attributes:
        file: its name in the manifest.
        split: train, validation or test.
        label_name: the label that it has.
        suggested: the likeliest other label.
        suspicion: in [0, 1]; above 0.5 the other label has the better reasons.
        probability: of the suggested label, by the judge.
    """

    file: str
    split: str
    label_name: str
    suggested: str
    suspicion: float
    probability: float


class Examined(Record):
    """Pictures whose labels were looked at.

    Attributes:
        split: train, validation or test.
        pictures: how many were examined.
        of: how many the split has.
        judge: "model": the trained model, which did not learn from them; "head": linear heads on the features of the
            pretrained network, each fitted without the pictures that it judges.
        agreement: share of the examined pictures that the judge gives the label that they have.
        estimated: how many labels are wrong, by the estimated joint distribution of given and true labels.
    """

    split: str
    pictures: Count
    of: Count
    judge: Judge
    agreement: Share
    estimated: Count


class LabelErrors(Record):
    """The section `mistakes.label_errors` of metrics.json.

    Attributes:
        examined: the splits whose labels were examined.
        not_examined: the splits for which there was no judge that had not learned from them.
        suspects: the most suspicious first.
        more: likely wrong labels beyond the longest list.
    """

    examined: tuple[Examined, ...]
    not_examined: tuple[str, ...]
    suspects: tuple[Suspect, ...]
    more: Count


class AgainstRest(Record):
    """Some of the test pictures, held against all the others.

    Attributes:
        pictures: how many there are; 0 where the pictures do not differ in this, or none is of this kind.
        right: how many of them were named rightly.
        accuracy: share of right answers; None without pictures.
        interval: its 95 % interval (Wilson).
        rest_pictures: all the others.
        rest_accuracy: share of right answers among them; None without others.
        difference: accuracy of these less that of the rest.
        p_value: of Fisher's exact test that they are not weaker, Holm-corrected for the number of such comparisons.
        is_weaker: whether they are shown to be weaker (5 % level).
    """

    pictures: Count
    right: Count
    accuracy: Share | None
    interval: Interval | None
    rest_pictures: Count
    rest_accuracy: Share | None
    difference: float | None
    p_value: Share | None
    is_weaker: bool


class Slice(AgainstRest):
    """One kind of test pictures.

    Attributes:
        name: of the kind.
        limit: value of the attribute at its edge, see `cut_slices`; None where it has none.
    """

    name: SliceName
    limit: float | None


class Subgroup(AgainstRest):
    """The test pictures that a column of the source gives one name, like "face" or "whole body".

    Attributes:
        name: as the column says; "" of pictures without one.
        macro_f1: mean F1 of the classes that have pictures in it.
    """

    name: str
    macro_f1: Share


class Mistakes(Record):
    """The section `mistakes` of metrics.json.

    Attributes:
        pairs: classes that are mixed up on test pictures, the worst first.
        top_losses: test pictures by their loss, the largest first; right answers that were unsure are among them.
        label_errors: likely wrong labels.
        slices: kinds of test pictures against the others; None where how they look is not known.
        subgroups: those of the column `data.columns.subgroup`, the weakest first; None without one.
    """

    pairs: tuple[Pair, ...]
    top_losses: tuple[TopLoss, ...]
    label_errors: LabelErrors
    slices: tuple[Slice, ...] | None
    subgroups: tuple[Subgroup, ...] | None = None
