"""Sentences that a data set's files hold (reasons, findings, notes), in the language of the page that shows them.

They are kept in English, as the command line prints them, and so are those of earlier builds. The English catalogue
has a template of each below `stored`; a page in another language fills its own template with the values found.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from vitrine.ui.texts import NO_BREAK, Texts, load_texts

SECTION = "stored."
NUMBERS = ("count", "number", "limit")  # places that take a number
PARTS = ("reason", "labels", "pictures", "copies", "needless")  # places that take stored sentences again
NAMES = ("names", "others")  # places that take quoted names: 'a', 'b' and 2 more
PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class _Template:
    """The form of an English sentence; `key` without `.one` and `.other`, `fixed` the letters outside its places."""

    key: str
    pattern: re.Pattern[str]
    fixed: int


def translate(sentence: str, texts: Texts) -> str:
    """The sentence in the language of a page; one that no template fits stays as it is.

    Args:
        sentence: in English, as a file of a data set holds it; also several, with "; " or ", " between them.
        texts: of the page's language.
    """
    if texts.language == "en" or not sentence:
        return sentence
    whole = _translate_one(sentence, texts)
    if whole is not None:
        return whole
    for separator, joint in (("; ", texts("common.semicolon")), (", ", ", ")):
        if separator in sentence and all(_translate_one(part, texts) for part in re.split("[;,] ", sentence)):
            return joint.join(translate(part, texts) for part in sentence.split(separator))
    return sentence


def _translate_one(sentence: str, texts: Texts) -> str | None:
    for template in _templates():
        found = template.pattern.fullmatch(sentence)
        if found:
            return texts(template.key, **{name: _fill(name, value, texts) for name, value in found.groupdict().items()})
    return None


def _fill(name: str, value: str, texts: Texts) -> object:
    if name == "count":
        return int(value.replace(",", ""))  # chooses singular or plural, and is grouped
    if name in NUMBERS:
        plain = value.replace(",", "")
        return texts.number(float(plain), len(plain.partition(".")[2]))
    if name in PARTS:
        return translate(value, texts)
    if name in NAMES:
        return _translate_names(value, texts)
    return value


def _translate_names(listed: str, texts: Texts) -> str:
    """'a', 'b' and 2 more, as the language quotes and joins names."""
    names = [first or second for first, second in re.findall(r"'([^']*)'|\"([^\"]*)\"", listed)]
    more = re.search(r" and ([\d,]+) more$", listed)
    quoted = [texts("common.quoted", name=name) for name in names]
    if more:
        quoted = [", ".join(quoted), texts("common.more", count=int(more.group(1).replace(",", "")))]
    return texts.join(quoted)


@cache
def _templates() -> tuple[_Template, ...]:
    """Those with the most fixed letters first, so that the more exact one is taken."""
    entries = load_texts("en").entries
    found = (_compile(key, entry) for key, entry in entries.items() if key.startswith(SECTION))
    return tuple(sorted(found, key=lambda template: -template.fixed))


def _compile(key: str, entry: str) -> _Template:
    parts = PLACE.split(entry.replace(NO_BREAK, " "))
    pattern = "".join(_to_pattern(parts))
    return _Template(key.removesuffix(".one").removesuffix(".other"), re.compile(pattern), sum(map(len, parts[::2])))


def _to_pattern(parts: list[str]) -> Iterable[str]:
    for number, part in enumerate(parts):
        if number % 2 == 0:
            yield re.escape(part)
        else:
            taken = r"[\d,.]*\d" if part in NUMBERS else r"(?s:.+?)"
            yield f"(?P<{part}>{taken})"
