"""Which label of a model means which class of a data set, for models and data that do not know of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from vitrine.data.labels.mapping import plain_name
from vitrine.errors import UserError
from vitrine.listing import list_names, suggest


@dataclass(frozen=True)
class LabelMatch:
    """The classes that are measured, and how the model's labels make them up.

    Attributes:
        label_names: a class of the data set where a label means one, else the label itself; in the order of the labels.
        columns: for each label of the model its place in `label_names`; labels that mean one class share it.
        renamed: (label, class) where they are not called the same.
        unknown: classes of the data set that no label means.
    """

    label_names: tuple[str, ...]
    columns: tuple[int, ...]
    renamed: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def match_labels(labels: Sequence[str], classes: Sequence[str], given: Sequence[str] = ()) -> LabelMatch:
    """Finds the class of each label: as given, by its name, or by its name without capitals, blanks and hyphens.

    Labels with several names ("pug, pug-dog", as ImageNet has them) match by each of them.

    Args:
        labels: of the model, in the order of the label ids.
        classes: of the data set.
        given: "label=class" each; several labels may mean one class.

    Raises:
        UserError: no class is known to the model, a class could be either of two labels, or what is given names
            neither a label nor a class.
    """
    meant = dict(_read_pair(pair, labels, classes) for pair in given)
    taken = {*meant, *meant.values()}
    meant |= {name: name for name in labels if name in classes and name not in taken}
    open_labels = [label for label in labels if label not in meant]
    open_classes = [name for name in sorted(set(classes)) if name not in meant.values()]
    by_class = {name: _find_labels(name, open_labels) for name in open_classes}
    for name, found in by_class.items():
        if len(found) > 1:
            raise UserError(
                f"--labels: the class '{name}' could be the label {list_names(found)} of the model; "
                f"say which: --labels '{found[0]}={name}'"
            )
    for name, found in by_class.items():
        others = [other for other, label in by_class.items() if other != name and label == found]
        if found and others:
            raise UserError(
                f"--labels: the label '{found[0]}' of the model could be the class {list_names([name, *others])}; "
                f"say which: --labels '{found[0]}={name}'"
            )
    meant |= {found[0]: name for name, found in by_class.items() if found}
    if not meant:
        raise UserError(
            f"--labels: the model knows none of the classes {list_names(sorted(set(classes)))}; its labels are "
            f"{list_names(labels)}. Say which is which: --labels '{labels[0]}={classes[0]}'"
        )
    names = [meant.get(label, label) for label in labels]
    label_names = tuple(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(label_names)}
    return LabelMatch(
        label_names=label_names,
        columns=tuple(place[name] for name in names),
        renamed=tuple((label, name) for label, name in zip(labels, names, strict=True) if label != name),
        unknown=tuple(name for name in sorted(set(classes)) if name not in meant.values()),
    )


def _find_labels(name: str, labels: Sequence[str]) -> list[str]:
    """The labels that a class may mean: of that very name, or else alike."""
    if name in labels:
        return [name]
    alike = [label for label in labels if plain_name(label) == plain_name(name)]
    return alike or [
        label
        for label in labels
        if "," in label and plain_name(name) in {plain_name(part) for part in label.split(",")}
    ]


def _read_pair(pair: str, labels: Sequence[str], classes: Sequence[str]) -> tuple[str, str]:
    places = [place for place, sign in enumerate(pair) if sign == "="]
    if not places:
        raise UserError(f"--labels: '{pair}' is not of the form MODEL_LABEL=class")
    ways = [(pair[:place], pair[place + 1 :]) for place in places]
    label, name = next((way for way in ways if way[0] in labels), ways[0])
    if label not in labels:
        raise UserError(f"--labels: the model has no label '{label}'{suggest(label, labels)}")
    if name not in classes:
        raise UserError(f"--labels: the data set has no class '{name}'{suggest(name, classes)}")
    return label, name
