"""Kinds and sub-groups of test pictures that a model finds harder, in words and as a table."""

from collections.abc import Mapping, Sequence

from vitrine.records.mistakes import Slice, Subgroup
from vitrine.ui.texts import Texts


def show_slices(slices: Sequence[Slice], texts: Texts) -> Mapping[str, object]:
    """What the template shows: sentences on the kinds that are shown to be harder, and a row for each kind."""
    sentences = tell_weaker(slices, texts)
    return {
        "sentences": sentences or [texts("slices.none_weaker")],
        "has_weak": bool(sentences),
        "rows": [_show_slice(one, texts) for one in slices],
    }


def tell_weaker(slices: Sequence[Slice], texts: Texts) -> list[str]:
    """A sentence on each kind that is shown to be harder; arguments as for `show_slices`."""
    weak = [one for one in slices if one.is_weaker and one.accuracy is not None and one.rest_accuracy is not None]
    return [
        texts(
            "slices.weaker",
            name=texts(f"slices.names.{one.name}"),
            accuracy=texts.percent(one.accuracy or 0.0),
            rest=texts.percent(one.rest_accuracy or 0.0),
        )
        for one in weak
    ]


def show_subgroups(subgroups: Sequence[Subgroup], texts: Texts) -> Mapping[str, object]:
    """What the template shows of the sub-groups that a column of the source names; see `show_slices`."""
    weak = [one for one in subgroups if one.is_weaker]
    return {
        "sentences": [
            texts(
                "slices.weaker_subgroup",
                name=_name_subgroup(one, texts),
                accuracy=texts.percent(one.accuracy or 0.0),
                rest=texts.percent(one.rest_accuracy or 0.0),
            )
            for one in weak
        ],
        "rows": [
            {
                "name": _name_subgroup(one, texts),
                "pictures": texts.number(one.pictures),
                "accuracy": "" if one.accuracy is None else texts.percent(one.accuracy),
                "interval": "" if one.interval is None else texts.interval(*one.interval),
                "macro_f1": texts.number(one.macro_f1, 2),
                "rest": "" if one.rest_accuracy is None else texts.percent(one.rest_accuracy),
                "verdict": texts("slices.is_weaker" if one.is_weaker else "slices.is_not_weaker"),
            }
            for one in subgroups
        ],
    }


def _name_subgroup(one: Subgroup, texts: Texts) -> str:
    return one.name or texts("slices.no_subgroup")


def _show_slice(one: Slice, texts: Texts) -> dict[str, str]:
    decimals = 2 if one.name in ("elongated", "blurred") else 0
    limit = "" if one.limit is None else texts(f"slices.limits.{one.name}", limit=texts.number(one.limit, decimals))
    if one.accuracy is None or one.interval is None or one.rest_accuracy is None:
        verdict = "slices.no_pictures" if not one.pictures else "slices.no_others"
        return {"name": texts(f"slices.names.{one.name}"), "limit": "", "verdict": texts(verdict), "pictures": ""}
    return {
        "name": texts(f"slices.names.{one.name}"),
        "limit": limit,
        "pictures": texts.number(one.pictures),
        "accuracy": texts.percent(one.accuracy),
        "interval": texts.interval(*one.interval),
        "rest": texts.percent(one.rest_accuracy),
        "verdict": texts("slices.is_weaker" if one.is_weaker else "slices.is_not_weaker"),
    }
