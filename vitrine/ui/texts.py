"""The sentences of pages and app, in the reader's language, and its numbers and days (from Unicode's CLDR, by Babel).

A file `catalogs/SUBJECT.LANGUAGE.yaml` holds the sentences of one subject, `catalogs/LANGUAGE.yaml` those of the run
report, the evaluation, the learning curve, comparisons and searches. They are written with plain spaces; where the
language wants one that does not break (before a percent sign, in French also before : ; ! ? and inside « »), it is
put there when the catalogue is read.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

CATALOGS = Path(__file__).parent / "catalogs"
Language = Literal["en", "fr"]
NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW_NO_BREAK = "\N{NARROW NO-BREAK SPACE}"
EN_DASH = "\N{EN DASH}"
LOCALES = {"en": Locale("en", "GB"), "fr": Locale("fr", "FR")}
TYPOGRAPHY = {
    "en": ((r" (?=%)", NO_BREAK),),
    "fr": (
        (r" (?=[%:»])|(?<=«) ", NO_BREAK),
        (r" (?=[;!?])", NARROW_NO_BREAK),
        (r"(?<=\w)'(?=[\w{])", "\N{RIGHT SINGLE QUOTATION MARK}"),
    ),
}


@dataclass(frozen=True)
class Texts:
    """One language's sentences and the way it writes numbers, names and times.

    Attributes:
        language: of the page, for its `lang` attribute too.
        entries: sentences by dotted key; where a sentence depends on a count there are `KEY.one` and `KEY.other`.
    """

    language: Language
    entries: dict[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The sentence of a key, its `{name}` places filled; `count` chooses singular or plural and is grouped."""
        entry, values = self._choose(key, values)
        return entry.format(**values)

    def html(self, key: str, **values: Any) -> Markup:
        """As a call, for a sentence with markup of its own (`<b>`, `<code>`): what is filled in is escaped."""
        entry, values = self._choose(key, values)
        return Markup(entry).format(**values)  # noqa: S704 (catalogues are ours)

    def _choose(self, key: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if "count" in values:
            count = values["count"]
            form = f"{key}.{'one' if LOCALES[self.language].plural_form(count) == 'one' else 'other'}"
            key = form if form in self.entries else key
            values = values | {"count": self.number(count)}
        return self.entries[key], values

    def number(self, value: float, decimals: int = 0) -> str:
        """1234.5 becomes "1,234.5" in English and "1 234,5" in French; what rounds to 0 has no sign."""
        if not math.isfinite(value):
            return str(value)
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        # As Decimal, since Babel would round what a float looks like (2.675 to 2.68) and not what it is.
        text = format_decimal(Decimal(float(value)), format=pattern, locale=LOCALES[self.language])
        return text if any(digit in text for digit in "123456789") else text.lstrip("-")

    def short_number(self, value: float, digits: int = 6) -> str:
        """A number with as few digits as `digits` significant ones need: 1.5 becomes "1.5" or "1,5"."""
        text = f"{value:.{digits}g}"
        if "e" in text or not math.isfinite(value):
            return text if self.language == "en" else text.replace(".", ",")
        return self.number(float(text), len(text.partition(".")[2]))

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share in [0, 1]: 0.85 becomes "85 %", with a space that does not break."""
        return f"{self.number(share * 100, decimals)}{NO_BREAK}%"

    def interval(self, low: float, high: float, decimals: int = 0) -> str:
        """Two shares: "81 % to 90 %"; whole percent are rounded outwards, see `whole_percent`."""
        if decimals == 0:
            low, high = (share / 100 for share in whole_percent(low, high))
        return self("common.interval", low=self.percent(low, decimals), high=self.percent(high, decimals))

    def span(self, low: float, high: float) -> str:
        """Two shares where there is little room, with a dash between them; rounded outwards."""
        lowest, highest = whole_percent(low, high)
        return f"{self.number(lowest)}{EN_DASH}{self.number(highest)}{NO_BREAK}%"

    def join(self, parts: Sequence[str]) -> str:
        """Parts as "a, b and c", taken as they are."""
        if len(parts) < 2:
            return "".join(parts)
        return self("common.last_of_list", first=", ".join(parts[:-1]), last=parts[-1])

    def quote(self, names: Sequence[str], at_most: int = 5) -> str:
        """Names in quotes with commas: "'a', 'b' and 12 more"."""
        quoted = [self("common.quoted", name=name) for name in names[:at_most]]
        if len(names) > at_most:
            return self.join([", ".join(quoted), self("common.more", count=len(names) - at_most)])
        return self.join(quoted)

    def duration(self, seconds: float) -> str:
        """58.2 becomes "58 s", 151 "2 min 31 s", 4,321 "1 h 12 min"."""
        minutes, rest = divmod(round(seconds), 60)
        if not minutes:
            return f"{self.number(seconds, 1 if seconds < 10 else 0)}{NO_BREAK}s"
        hours, minutes_left = divmod(minutes, 60)
        first, second = (f"{hours}{NO_BREAK}h", f"{minutes_left}{NO_BREAK}min") if hours else (
            f"{minutes}{NO_BREAK}min", f"{rest}{NO_BREAK}s",
        )  # fmt: skip
        return f"{first} {second}"

    def day(self, time: str) -> str:
        """The day of an ISO 8601 time: "21 November 2026", "1er novembre 2026"."""
        moment = datetime.fromisoformat(time)
        number = self("common.first_of_month") if moment.day == 1 else str(moment.day)
        return f"{number} {format_date(moment, 'MMMM y', locale=LOCALES[self.language])}"

    def day_and_time(self, time: str) -> str:
        """An ISO 8601 time: "21 November 2026, 01:50 UTC"."""
        clock = f"{datetime.fromisoformat(time):%H:%M %Z}".rstrip()
        return self("common.day_and_time", day=self.day(time), time=clock)

    def size(self, number_of_bytes: int) -> str:
        """Bytes in decimal units, as file managers show them: "48.2 MB", "48,2 Mo"."""
        amount, unit = float(number_of_bytes), "bytes"
        for larger in ("kilo", "mega", "giga"):
            if amount < 1000:
                break
            amount, unit = amount / 1000, larger
        return f"{self.number(amount, 0 if unit == 'bytes' else 1)}{NO_BREAK}{self(f'common.sizes.{unit}')}"


def whole_percent(low: float, high: float) -> tuple[int, int]:
    """The ends of an interval in whole percent, rounded outwards: what is printed never claims more than was computed.

    Args:
        low: a share.
        high: likewise.
    """
    # The small number keeps 0.29 * 100 = 28.999999999999996 from becoming 28.
    return math.floor(low * 100 + 1e-9), math.ceil(high * 100 - 1e-9)


def plain_spaces(text: str) -> str:
    """A text for a terminal, whose spaces may all break."""
    return text.replace(NO_BREAK, " ").replace(NARROW_NO_BREAK, " ")


@cache
def load_texts(language: Language) -> Texts:
    """Reads the catalogues of a language."""
    files = sorted(CATALOGS.glob(f"{language}.yaml")) + sorted(CATALOGS.glob(f"*.{language}.yaml"))
    entries = [entry for file in files for entry in _flatten("", yaml.safe_load(file.read_text("utf-8")))]
    return Texts(language, {key: _typeset(text, language) for key, text in entries})


def _typeset(text: str, language: Language) -> str:
    for pattern, character in TYPOGRAPHY[language]:
        text = re.sub(pattern, character, text)
    return text


def _flatten(prefix: str, content: dict[str, Any]) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for key, value in content.items():
        entries += _flatten(f"{prefix}{key}.", value) if isinstance(value, dict) else [(f"{prefix}{key}", str(value))]
    return entries
