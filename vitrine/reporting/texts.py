"""The sentences of the report pages, in the reader's language: one catalogue file per language."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

CATALOGUES = Path(__file__).parent / "catalogues"
Language = Literal["en", "fr"]
NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW_NO_BREAK = "\N{NARROW NO-BREAK SPACE}"
ONES = {"en": (1,), "fr": (0, 1)}  # counts that take the singular


@dataclass(frozen=True)
class Texts:
    """One language's sentences and the way it writes numbers.

    Attributes:
        language: of the page, for its `lang` attribute too.
        entries: sentences by dotted key; where a sentence depends on a count there are `KEY.one` and `KEY.other`.
    """

    language: Language
    entries: dict[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The sentence of a key, its `{name}` places filled; `count` chooses singular or plural and is grouped."""
        if "count" in values:
            count = values["count"]
            form = f"{key}.{'one' if count in ONES[self.language] else 'other'}"
            key = form if form in self.entries else key
            values = values | {"count": self.number(count)}
        return self.entries[key].format(**values)

    def number(self, value: float, decimals: int = 0) -> str:
        """1234.5 becomes "1,234.5" in English and "1 234,5" in French."""
        text = f"{value:,.{decimals}f}"
        if self.language == "en":
            return text
        return text.replace(",", NARROW_NO_BREAK).replace(".", ",")

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share in [0, 1]: 0.85 becomes "85 %", with a space that does not break."""
        return f"{self.number(share * 100, decimals)}{NO_BREAK}%"

    def interval(self, low: float, high: float, decimals: int = 0) -> str:
        """Two shares: "81 % to 90 %"."""
        return self("common.interval", low=self.percent(low, decimals), high=self.percent(high, decimals))


@cache
def load_texts(language: Language) -> Texts:
    """Reads the catalogue of a language."""
    content = yaml.safe_load((CATALOGUES / f"{language}.yaml").read_text("utf-8"))
    return Texts(language, dict(_flatten("", content)))


def _flatten(prefix: str, content: dict[str, Any]) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for key, value in content.items():
        entries += _flatten(f"{prefix}{key}.", value) if isinstance(value, dict) else [(f"{prefix}{key}", str(value))]
    return entries
