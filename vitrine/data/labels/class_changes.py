"""Classes that a table of corrections renames or makes part of others, and what that means for a recipe."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vitrine.config.data import LabelsSection
from vitrine.errors import UserError
from vitrine.listing import suggest
from vitrine.records.corrections import CLASS_ACTIONS, MERGE, RENAME, Row


@dataclass(frozen=True)
class ClassChanges:
    """What becomes of classes, by their names of before; both hold at once, so that two classes may change places.

    Attributes:
        renamed: new names.
        merged: classes that each one becomes part of, by their names of before.
    """

    renamed: Mapping[str, str]
    merged: Mapping[str, str]

    @property
    def names(self) -> dict[str, str]:
        """What every class that changes is called now."""
        targets = {old: self.renamed.get(target, target) for old, target in self.merged.items()}
        return {**self.renamed, **targets}

    def translate(self, row: Row) -> Row:
        """A row about a picture, in today's names."""
        names = self.names
        labels = {name: getattr(row, name) for name in ("label_name", "new_label", "suggested")}
        return replace(row, **{name: names.get(label, label) for name, label in labels.items()})


@dataclass(frozen=True)
class AcceptedNames:
    """Names of classes that came with a revision.

    Attributes:
        time: from when on they hold, in UTC, ISO 8601.
        names: by those of before.
    """

    time: str
    names: Mapping[str, str]


def follow_names(row: Row, accepted: Sequence[AcceptedNames], classes: Collection[str]) -> Row:
    """A row that may be older than the names of the classes, in those of the data set.

    What a store noted before a revision is in the names of before it, even where another class has such a name now.
    Everything else is followed where no class has its name: an app shows the old ones until it is opened again.

    Args:
        row: about a picture.
        accepted: the oldest first.
        classes: of the data set.
    """

    def follow(label: str, is_new: bool = False) -> str:
        for change in accepted:
            if (row.of_store and row.time < change.time) or (label not in classes and not is_new):
                label = change.names.get(label, label)
        return label

    return replace(
        row,
        label_name=follow(row.label_name),
        new_label=follow(row.new_label.strip(), row.adds_class),
        suggested=follow(row.suggested),
    )


def read_class_changes(rows: Sequence[tuple[int, Row]], classes: Sequence[str]) -> ClassChanges:
    """The changes of classes that a table asks for.

    Args:
        rows: of the table, with their line numbers.
        classes: of the data set.

    Raises:
        UserError: lists every row that is not clear.
    """
    about_classes = [(line, row) for line, row in rows if row.action in CLASS_ACTIONS]
    changes = ClassChanges(
        {row.label_name: row.new_label.strip() for _, row in about_classes if row.action == RENAME},
        {row.label_name: row.new_label.strip() for _, row in about_classes if row.action == MERGE},
    )
    faults = [f"line {line}: {fault}" for line, row in about_classes for fault in _find_faults(row, changes, classes)]
    faults += _find_chains(changes)
    if faults:
        raise UserError("\n  ".join(["the corrections cannot be applied; nothing was changed:", *faults]))
    return changes


def _find_faults(row: Row, changes: ClassChanges, classes: Sequence[str]) -> Iterator[str]:
    old, new = row.label_name, row.new_label.strip()
    if old not in classes:
        yield f"there is no class '{old}'{suggest(old, classes)}"
    elif not new or new == old:
        yield f"{row.action} needs another name in new_label (got '{new}')"
    elif row.action == MERGE and new not in classes:
        yield f"there is no class '{new}' that '{old}' could become part of{suggest(new, classes)}"
    elif row.action == RENAME and new in classes and new not in changes.renamed:
        yield f"'{new}' is a class already; to join both, write merge"
    if old in changes.renamed and old in changes.merged:
        yield f"'{old}' is both renamed and merged; keep one of the rows"


def _find_chains(changes: ClassChanges) -> list[str]:
    """Several old names with one new one, and classes that become part of one that itself goes."""
    names = list(changes.renamed.values())
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [f"several classes are renamed to '{name}'; to join them, write merge" for name in twice]
    gone = [target for target in changes.merged.values() if target in changes.merged]
    return faults + [f"'{name}' is merged itself, so no class can become part of it" for name in gone]


def extend_rename(labels: LabelsSection, changes: ClassChanges, sources: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The parameter labels.rename of a recipe, with the changes.

    Args:
        labels: of the recipe.
        changes: by class of the data set.
        sources: what the source calls the classes of the data set.

    Raises:
        UserError: classes cannot change where one is told from all the others.
    """
    if not changes.names:
        return dict(labels.rename)
    if labels.target is not None:
        raise UserError(
            f"the model tells '{labels.target}' from all the others (labels.target), so no class can be renamed or "
            "merged; prepare the pictures anew"
        )
    renamed = {old: changes.names.get(new, new) for old, new in labels.rename.items()}
    for label, new in changes.names.items():
        for source in sources.get(label, ()):
            found = re.search(labels.pattern, source) if labels.pattern else None
            renamed[found.group(1) if found else source] = new
    return renamed


def number_classes(
    before: Mapping[str, int], changes: ClassChanges, label_names: Sequence[str], highest: int
) -> dict[str, int]:
    """Ids of classes, which stay with a class through new names and new neighbours, and are never used again.

    Args:
        before: ids by name.
        changes: of the names.
        label_names: of today.
        highest: id that was ever used; 0 where there was none.
    """
    kept = {changes.renamed.get(name, name): number for name, number in before.items() if name not in changes.merged}
    numbers = {}
    for name in label_names:
        if name not in kept:
            highest += 1
        numbers[name] = kept.get(name, highest)
    return numbers
