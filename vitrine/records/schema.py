"""The one base of everything that is written to disk and read again, and the types that its fields share."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Interval = tuple[float, float]


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
