"""The one base of everything that is written to disk and read again, and the types that its fields share."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, from_json

from vitrine.errors import UserError
from vitrine.records.atomic import write_text

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Interval = tuple[float, float]

CHECKSUM = "checksum"
COMMON_NAMES = {"format", "name", "created", "version", "files"}  # they do not tell what a file is
MOST_NAMED = 3  # faults of a file that its message lists
UPDATE = "update Vitrine to read it"


class Record(BaseModel):
    """A frozen record: unknown fields are refused, and so is a figure that is not a number.

    Attributes:
        renamed_fields: first name to today's name; files that were written with the first are read alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    renamed_fields: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _read_first_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not cls.renamed_fields.keys() & values.keys():
            return values
        return {cls.renamed_fields.get(name, name): value for name, value in values.items()}


class OpenRecord(Record):
    """A record that later versions may add fields to: those that are not known here are passed over."""

    model_config = ConfigDict(extra="ignore")


class FileRecord(Record):
    """A record that is a JSON file of its own. It is read whole or not at all.

    Attributes:
        title: what the file is, for messages: "the figures of a run".
        remedy: what a user does about a file of this kind that cannot be read: "train again".
        newest_format: the layout that this version writes and reads.
        format: the layout of the file; a change of a field's meaning raises it.
    """

    title: ClassVar[str]
    remedy: ClassVar[str]
    newest_format: ClassVar[int] = 1

    format: int = 1

    @field_validator("format")
    @classmethod
    def _is_of_this_version(cls, value: int) -> int:
        if value != cls.newest_format:
            raise ValueError(f"is {value}, and this version reads {cls.newest_format}")
        return value

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a file.

        Raises:
            UserError: it is missing, damaged, something else, or of another version; says which, where, and what to do.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise UserError(f"{path} is missing; {cls.remedy}") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}); {cls.remedy}") from error
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes | str, source: str) -> Self:
        """Reads the content of a file.

        Args:
            content: JSON.
            source: of it, for messages.

        Raises:
            UserError: see `read`.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise UserError(f"{source}: {cls._explain(error, content)}") from error

    def write(self, path: Path) -> None:
        """Writes the file, whole or not at all."""
        write_text(path, self.model_dump_json(indent=2))

    @classmethod
    def _explain(cls, error: ValidationError, content: bytes | str) -> str:
        """What is wrong with a file, and what to do about it."""
        faults = error.errors()
        if faults[0]["type"] == "json_invalid":
            return f"the file is damaged ({faults[0]['msg']}); {cls.remedy}"
        values = from_json(content)
        if not isinstance(values, Mapping) or not cls._names() & values.keys():
            return f"this is not {cls.title}; {cls.remedy}"
        number = values.get("format", 1)
        if isinstance(number, int) and number != cls.newest_format:
            other, remedy = ("a later", UPDATE) if number > cls.newest_format else ("an earlier", cls.remedy)
            return (
                f"{other} version of Vitrine wrote it (format {number}, this one reads {cls.newest_format}); {remedy}"
            )
        missing = [_place(fault) for fault in faults if fault["type"] == "missing"]
        unknown = [_place(fault) for fault in faults if fault["type"] == "extra_forbidden"]
        if len(missing) + len(unknown) == len(faults) and (not missing or not unknown):
            if unknown:
                return f"a later version of Vitrine wrote it (this one does not know {_list(unknown)}); {UPDATE}"
            return f"an earlier version of Vitrine wrote it ({_list(missing)} is missing); {cls.remedy}"
        told = [f"{_place(fault)}: {fault['msg']}" for fault in faults]
        return f"{_list(told, '; ')}; {cls.remedy}"

    @classmethod
    def _names(cls) -> set[str]:
        return (cls.model_fields.keys() | cls.renamed_fields.keys()) - COMMON_NAMES


class SealedRecord(FileRecord):
    """A file with a checksum of all that it says, so that a changed or damaged value does not pass unseen.

    Files of earlier versions have none and are read as they are.
    """

    @classmethod
    def parse(cls, content: bytes | str, source: str) -> Self:
        """As that of every record.

        Raises:
            UserError: also where the values are not those that were written.
        """
        try:
            values = from_json(content)
        except ValueError:  # damaged; how, is said below
            values = None
        checksum = values.pop(CHECKSUM, None) if isinstance(values, dict) else None
        record = super().parse(content if checksum is None else json.dumps(values), source)
        if checksum not in (None, _seal(values)):
            raise UserError(
                f"{source} was changed after it was written; {cls.remedy} (or, if you meant to change it, remove its "
                f'line "{CHECKSUM}")'
            )
        return record

    def write(self, path: Path) -> None:
        """Writes the file with its checksum, whole or not at all."""
        values = self.model_dump(mode="json")
        write_text(path, json.dumps(values | {CHECKSUM: _seal(values)}, indent=2, ensure_ascii=False))


def _seal(values: Any) -> str:
    """A digest of the values of a file, however they are spaced and ordered."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _place(fault: ErrorDetails) -> str:
    return ".".join(map(str, fault["loc"])) or "the file"


def _list(texts: list[str], separator: str = ", ") -> str:
    more = len(texts) - MOST_NAMED
    return separator.join(texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
