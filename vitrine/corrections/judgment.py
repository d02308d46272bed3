"""What one person says of one picture."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

Kind = Literal["label", "new", "none", "withdrawn"]
Picture = tuple[str, str]  # SHA-256 of its file and name in a data set; "" for what is not known
LABEL: Kind = "label"
NEW: Kind = "new"
NONE: Kind = "none"
WITHDRAWN: Kind = "withdrawn"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _new_id() -> str:
    return uuid4().hex


@dataclass(frozen=True)
class Judgment:
    """A label that a person gave a picture, with what the model had said.

    Attributes:
        sha256: of the picture's file, in hexadecimal; of a picture known by its name alone, "".
        kind: "label" for a class that the model knows, "new" for another, "none" for a picture of no class, "withdrawn"
            for taking a judgment back.
        label: the class given; "" of "none" and "withdrawn".
        reviewer: who says it.
        file: name of the picture in the manifest of a prepared data set; "" of pictures that visitors brought.
        label_name: the label that it had there; "" where it had none.
        answer: the model's likeliest class; "" where none was asked.
        decision: what the model said: answer, unsure or none; "" likewise.
        model: its name; "" likewise.
        revision: of the model, a digest of its files; "" where it has none.
        blind: whether the reviewer saw neither the label nor the answer before.
        split: of the picture, for information.
        suspicion: likewise, as text; see `records.mistakes.Suspect`.
        withdraws: id of the judgment that is taken back.
        kept: path of the picture below the folder of the store; "" without consent.
        time: in UTC, ISO 8601.
        id: of this judgment, unlike any other in the world.
    """

    sha256: str
    kind: Kind
    label: str = ""
    reviewer: str = ""
    file: str = ""
    label_name: str = ""
    answer: str = ""
    decision: str = ""
    model: str = ""
    revision: str = ""
    blind: bool = False
    split: str = ""
    suspicion: str = ""
    withdraws: str = ""
    kept: str = ""
    time: str = field(default_factory=_now)
    id: str = field(default_factory=_new_id)

    @property
    def picture(self) -> Picture:
        """What is known of its picture; exact copies have names, and maybe labels, of their own."""
        return self.sha256, self.file

    @property
    def moment(self) -> datetime:
        """When it was made, for comparing; an earlier build took times without a zone from tables, and they are UTC."""
        made = datetime.fromisoformat(self.time)
        return made if made.tzinfo else made.replace(tzinfo=UTC)

    @property
    def opinion(self) -> tuple[str, str]:
        """What is compared between reviewers: whether a label is a new one makes no difference."""
        return (NONE, "") if self.kind == NONE else (LABEL, self.label)
