"""What a folder of answers says of itself: which model was asked and how, and, once all is answered, its parts."""

from typing import ClassVar

from vitrine.records.checksums import FileSum
from vitrine.records.runtime import Runtime
from vitrine.records.schema import Count, FileRecord, Record

ASKED = "asked.json"  # is there from the first moment on
ANSWERS = "answers.json"  # is there when all is answered
PARTS = "parts"  # folder of Parquet files


class Asked(FileRecord):
    """Which model is asked, and how: all that decides an answer beside the picture.

    Attributes:
        model: as it was given.
        digest: of its files.
        runtime: what computes it.
        top_k: classes of each answer.
    """

    title: ClassVar[str] = "a folder of answers"
    remedy: ClassVar[str] = "give another folder"

    model: str
    digest: str
    runtime: Runtime
    top_k: int

    def tell_difference(self, other: "Asked") -> str:
        """In what another question differs, for people; "" where it is the same, whatever the model is called."""
        for name, what in {"digest": "model", "runtime": "runtime", "top_k": "top_k"}.items():
            if getattr(self, name) != getattr(other, name):
                return f"{what} {getattr(self, what)}, not {getattr(other, what)}"
        return ""


class AnswersPart(Record):
    """A file of answers, in the order of the source.

    Attributes:
        file: its path below the folder.
        files: rows of it.
        problems: rows without an answer.
        content: size and digest.
    """

    file: str
    files: Count
    problems: Count
    content: FileSum


class Answers(FileRecord):
    """All answers of a folder.

    Attributes:
        asked: which model, and how.
        files: rows of all parts.
        problems: rows without an answer.
        parts: in the order of the source.
    """

    title: ClassVar[str] = "the list of a folder of answers"
    remedy: ClassVar[str] = "run predict again"

    asked: Asked
    files: Count
    problems: Count
    parts: tuple[AnswersPart, ...]
