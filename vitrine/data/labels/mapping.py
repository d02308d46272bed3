"""From what a source calls its classes to the labels of the model: cut out, left out, renamed, one against the rest."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vitrine.config.data import LabelsSection
from vitrine.data.sources.file_columns import FileColumns, Shared
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.names import KnownNames, compose, look_key, print_alike, spell_differences, visible
from vitrine.errors import UserError
from vitrine.listing import suggest

CLASS_LEFT_OUT = "class left out by the recipe"
NO_MATCH = "its label does not match labels.pattern"
SHOWN_SOURCES = 4
SHOWN_CLASSES = 20


@dataclass(frozen=True)
class LabelMapping:
    """What becomes of one label of the source.

    Attributes:
        source_label: as the source says.
        label_name: the class in the model, or "" where its files are left out.
        files: how many files have it that nothing else leaves out.
        left_out: why its files are left out, or "".
    """

    source_label: str
    label_name: str
    files: int
    left_out: str


@dataclass(frozen=True)
class MappedLabels:
    """Files with the labels of the model, in the order of those given; and the way of each label, by its name."""

    files: FileColumns
    mapping: tuple[LabelMapping, ...]


def map_labels(found: Iterable[FoundFile], rules: LabelsSection) -> MappedLabels:
    """Applies the rules in this order: pattern, leave_out, rename, target.

    `leave_out` and `rename` speak of the names that the pattern gives, `target` of those after renaming.

    Returns:
        As many files as given, in their order. Those of a class that is not used are left out, with "" as label.

    Raises:
        UserError: a rule names no class of the source, contradicts another one, or is not a regular expression.
    """
    columns = FileColumns.of(found)
    counts: Counter[str] = Counter()
    usable: Counter[str] = Counter()
    for shared, files in columns.count_shared():
        if shared.label_name:
            counts[shared.label_name] += files
            usable[shared.label_name] += 0 if shared.left_out else files
    parts = _apply_pattern(counts, rules.pattern)
    names = sorted({part for part in parts.values() if part})
    if counts and not names:
        raise UserError(
            f"labels.pattern: {rules.pattern!r} matches none of the {len(counts):,} labels of the source, "
            f"for example {min(counts)!r}"
        )
    new_names = _rename(names, rules)
    ways: dict[str, LabelMapping] = {}
    for label, part in sorted(parts.items()):
        reason = NO_MATCH if not part else "" if part in new_names else CLASS_LEFT_OUT
        ways[label] = LabelMapping(label, "" if reason else new_names[part], usable[label], reason)

    def relabel(shared: Shared) -> Shared:
        way = ways.get(shared.label_name)
        if way is None:
            return shared
        return shared._replace(label_name=way.label_name, left_out=shared.left_out or way.left_out)

    return MappedLabels(columns.change(relabel), tuple(ways.values()))


def _apply_pattern(labels: Iterable[str], pattern: str | None) -> dict[str, str]:
    """Each label with the part that the pattern's first group takes of it, or ""."""
    if pattern is None:
        return {label: label for label in labels}
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(f"labels.pattern: {pattern!r} is not a regular expression: {error}") from error
    if not compiled.groups:
        raise UserError(
            f"labels.pattern: {pattern!r} has no group; put brackets (...) around the part that is the label"
        )
    return {label: (match.group(1) or "") if (match := compiled.search(label)) else "" for label in labels}


def _rename(names: list[str], rules: LabelsSection) -> dict[str, str]:
    """The label of each name that is used."""
    rules = _as_spelled(rules, KnownNames(names))
    _check_names("labels.leave_out", rules.leave_out, names)
    _check_names("labels.rename", rules.rename, names)
    for name in rules.rename:
        if name in rules.leave_out:
            raise UserError(f"labels.rename: '{name}' is also in labels.leave_out; take it out of one of them")
        if not rules.rename[name].strip():
            raise UserError(f"labels.rename: the new name of '{name}' is empty; to leave it out, use labels.leave_out")
    renamed = {name: rules.rename.get(name, name) for name in names if name not in rules.leave_out}
    if rules.target is None:
        return renamed
    _check_names("labels.target", [rules.target], sorted(set(renamed.values())))
    if rules.rest == rules.target:
        raise UserError(f"labels.rest: must differ from labels.target (got '{rules.rest}' for both)")
    return {name: label if label == rules.target else rules.rest for name, label in renamed.items()}


def _as_spelled(rules: LabelsSection, known: KnownNames) -> LabelsSection:
    """The rules with their names spelled as the source spells them, whose accents may be stored otherwise."""

    def spell(name: str) -> str:
        found = known.find_only(name)
        return found if found is not None and compose(found) == compose(name) else name

    return rules.model_copy(
        update={
            "leave_out": tuple(map(spell, rules.leave_out)),
            "rename": {spell(old): new for old, new in rules.rename.items()},
            "target": rules.target and spell(rules.target),
        }
    )


def _check_names(field: str, given: Iterable[str], names: list[str]) -> None:
    for name in given:
        if name in names:
            continue
        raise UserError(f"{field}: there is no class '{name}'{suggest(name, names)}")


def describe_mapping(mapping: Sequence[LabelMapping]) -> list[str]:
    """Sentences for people about every label that does not stay as it is, the largest class first."""
    groups: dict[tuple[str, str], list[LabelMapping]] = defaultdict(list)
    for way in mapping:
        groups[way.label_name, way.left_out].append(way)
    sentences = []
    for (label_name, left_out), ways in sorted(groups.items(), key=lambda item: -sum(way.files for way in item[1])):
        sources = [way.source_label for way in ways]
        if sources == [label_name]:
            continue
        listed = ", ".join(repr(source) for source in sources[:SHOWN_SOURCES])
        more = f" and {len(sources) - SHOWN_SOURCES:,} more" if len(sources) > SHOWN_SOURCES else ""
        files = sum(way.files for way in ways)
        count = "1 file" if files == 1 else f"{files:,} files"
        what = f"Left out ({left_out})" if left_out else f"Class '{label_name}'"
        sentences.append(f"{what}: {count} that the source calls {listed}{more}.")
    if len(sentences) <= SHOWN_CLASSES:
        return sentences
    hidden = len(sentences) - SHOWN_CLASSES
    also = "class is" if hidden == 1 else "classes are"
    return [*sentences[:SHOWN_CLASSES], f"{hidden:,} more {also} called otherwise in the source; manifest.csv has all."]


def look_alikes(label_names: Iterable[str]) -> list[str]:
    """Notes about names that people would take for one class."""
    same: dict[str, list[str]] = defaultdict(list)
    for label_name in sorted(set(label_names)):
        same[look_key(plain_name(label_name))].append(label_name)
    return [_describe_alike(names) for names in same.values() if len(names) > 1]


def hidden_characters(label_names: Iterable[str]) -> list[str]:
    """Notes about names with characters that are not drawn, some of which turn the text behind them around."""
    found = {name: visible(name) for name in sorted(set(label_names)) if visible(name) != name}
    return [
        f"Class {name!r} has characters that are not drawn and may turn the text behind them around. To be rid of "
        f"them: labels.rename={json.dumps({name: shown})}."
        for name, shown in found.items()
        if shown
    ]


def _describe_alike(names: Sequence[str]) -> str:
    if print_alike(names):
        name, *others = sorted(names, key=lambda name: (name != compose(name), name))
        rename = json.dumps(dict.fromkeys(others, name))  # nobody could type them as they are
        return (
            f"Classes {' and '.join(spell_differences(names))} print alike; the characters that differ stand in "
            f"brackets. If they are one class, put their pictures into one folder or set labels.rename={rename}."
        )
    return (
        f"Classes {' and '.join(map(repr, names))} differ in capitals, blanks, hyphens or accents only: if they are "
        "one class, put their pictures into one folder or give both one name with labels.rename."
    )


def plain_name(label_name: str) -> str:
    """The name without what people overlook.

    Only the accents of European letters are taken away: the marks of other scripts make other words. Blanks,
    underscores and hyphens between digits stay, since 1-1 is not 11.
    """
    letters = unicodedata.normalize("NFKD", label_name).casefold()
    letters = re.sub("[\u0300-\u036f]", "", letters).strip()
    return re.sub(r"(?<=[^\W\d_])[\s_-]+|[\s_-]+(?=[^\W\d_])", "", letters)
