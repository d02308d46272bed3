"""How two recipes differ on the same test pictures; `significance.compare_answers` measures it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from vitrine.records.schema import Count, Interval, Record, Share


class Verdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SHOWN = "not_shown"


class Difference(Record):
    """How much better a variant is than the base, in percentage points of accuracy on the same test pictures.

    Attributes:
        points: measured difference, mean over seeds and pictures; above 0 the variant is better.
        interval: 95 % interval in points.
        p: probability of a difference as large, were there none.
        p_holm: p after Holm's correction for all comparisons that were made together; `correct_together` sets it.
        verdict: better or worse where p_holm is below 0.05 and the interval leaves 0 out.
        about: "models": one training of each, so other seeds may say otherwise; "recipes": several.
        pictures: different test pictures.
        seeds: trainings of the base and of the variant.
        base_accuracy: mean over seeds and pictures.
        variant_accuracy: likewise.
        only_base_right: pictures, over all seeds together, that only the base named rightly; None where seeds are not
            paired.
        only_variant_right: likewise.
        seed_deviation: standard deviation of the difference between seeds, in points; None with one seed.
    """

    points: Annotated[float, Field(ge=-100, le=100)]
    interval: Interval
    p: Share
    p_holm: Share
    verdict: Verdict
    about: Literal["models", "recipes"]
    pictures: Annotated[int, Field(ge=1)]
    seeds: tuple[int, int]
    base_accuracy: Share
    variant_accuracy: Share
    only_base_right: Count | None
    only_variant_right: Count | None
    seed_deviation: float | None
