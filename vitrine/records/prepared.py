"""What is written down about a prepared data set; light to read, since no picture library is needed for it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from vitrine.config.aliases import complete_section, says_what_was
from vitrine.config.data import ChecksSection, DataSection, LabelsSection, PreparationSection
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.listing import list_names
from vitrine.records.checksums import Checksums, Damage, find_damage
from vitrine.records.schema import Record, SealedRecord

FACTS = "prepared.json"
UNFINISHED = "unfinished.json"  # with what settings an unfinished data set was begun
MANIFEST = "manifest.parquet"
MANIFEST_FOR_PEOPLE = "manifest.csv"
THUMBNAILS = "thumbnails.npy"
NEAR_PAIRS = "near_pairs.parquet"
FINDINGS = "findings.json"
PICTURES = "pictures"
TRAINING_INDEX = "training_index.arrow"  # which training picture is in which of the files there
REPORT = "report.html"
REPORT_NUMBERS = "report.json"
CARD = "README.md"

# Of the section `data`: they say where the data set lies, or are chosen anew by every train.py, or matter only while
# the split is made.
NOT_CONTENT = ("prepared", "fold", "keep_split")


class Settings(Record):
    """What decides the content of a prepared data set: four sections of the recipe."""

    data: DataSection
    labels: LabelsSection = LabelsSection()
    checks: ChecksSection = ChecksSection()
    preparation: PreparationSection = PreparationSection()

    @model_validator(mode="before")
    @classmethod
    def _complete_earlier_ones(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not isinstance(values.get("preparation"), Mapping):
            return values  # made in this process
        return {**values, "preparation": complete_section("preparation", values["preparation"])}

    def pixel_values(self) -> dict[str, Any]:
        """What decides the pixels, for digests: those of an earlier build are equal where its pixels are."""
        values = self.preparation.model_dump(mode="json")
        return {name: value for name, value in values.items() if not says_what_was(f"preparation.{name}", value)}

    def content(self) -> dict[str, Any]:
        """Every parameter that decides the content, by its dotted name."""
        named = _flatten(self.model_dump(mode="json"))
        not_content = {f"data.{name}" for name in NOT_CONTENT}
        return {name: value for name, value in named if name not in not_content}


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and name != "rename":
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class PreparedFacts(SealedRecord):
    """What `prepared.json` says: numbers and sentences about the data set.

    Attributes:
        counts: pictures by split and label.
        label_sources: for every label, what the source calls the classes that it was made of; none of a class that
            corrections alone brought.
        label_notes: sentences about the labels that are not as the source calls them.
        corrections: sentences about the labels that data.corrections changed.
        files_missing: of those in quarantine, the ones that do not exist; 0 in data sets of earlier builds.
        source: where the pictures came from.
        source_state: what the source's files looked like; if it is the same in a second run, there is nothing to do.
        version: digest of pictures, labels and split (`data/prepared/version.py`); "" in data sets of earlier builds.
        files: checksums of the files beside it; none in data sets of earlier versions.
    """

    title = "the facts of a prepared data set"
    remedy = "run python data_prep.py again"
    newest_format = 2

    format: int
    name: str
    label_names: list[str]
    label_sources: dict[str, list[str]]
    label_notes: list[str]
    image_size: int
    files_found: int
    files_kept: int
    files_quarantined: int
    files_left_out: int
    counts: dict[str, dict[str, int]]
    notes: list[str]
    corrections: list[str] = Field(default_factory=list)
    source: str
    source_state: str
    created: str
    settings: Settings
    version: str = ""
    files_missing: int = 0
    files: Checksums = Field(default_factory=dict)


def read_facts(folder: Path) -> PreparedFacts:
    """Reads `prepared.json`.

    Raises:
        UserError: there is none, or another version of Vitrine wrote it.
    """
    if not (folder / FACTS).exists():
        beside = sorted(facts.parent.name for facts in folder.parent.glob(f"*/{FACTS}"))
        raise UserError(
            f"{folder} is not a prepared data set (no {FACTS}); "
            f"run `{command_line('prepare')}` with the same recipe first"
            + (f"; {folder.parent}/ holds {list_names(beside)}" if beside else "")
        )
    return PreparedFacts.read(folder / FACTS)


def check_files(folder: Path, facts: PreparedFacts, full: bool = False) -> None:
    """Makes sure that the files of a prepared data set are as they were written.

    Args:
        folder: of the data set.
        facts: of it.
        full: whether every file is read, or only its size is compared.

    Raises:
        UserError: the first that is missing or damaged.
    """
    refuse_damage(folder, find_damage(folder, facts.files, full))


def refuse_damage(folder: Path, damage: Sequence[Damage]) -> None:
    """Says in one message what of a prepared data set is damaged.

    Raises:
        UserError: something is.
    """
    if damage:
        more = f" (and {len(damage) - 1:,} more)" if len(damage) > 1 else ""
        raise UserError(
            f"{folder}: {damage[0]}{more}; run `{command_line('prepare')}` with the same recipe again: it mends "
            "what is damaged and keeps the split"
        )
