"""The revisions of a model: each a folder that is never changed, a log of them, and which one is in use.

models/dogs/revisions.json     the log, and the number in use
models/dogs/current            a link to the model folder in use, for app and predict
models/dogs/revisions/0002/    model/, gate.json and gate.html that say why it was accepted
models/dogs/attempts/...       the reports of all retrainings, refused ones too
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field

from vitrine.errors import UserError
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder, point_to
from vitrine.records.checksums import Checksums, find_damage, sum_files
from vitrine.records.environment import now
from vitrine.records.locks import hold_lock
from vitrine.records.schema import Count, Record, SealedRecord, Share

LOG = "revisions.json"
CURRENT = "current"
REVISIONS = "revisions"
ATTEMPTS = "attempts"
MODEL = "model"


class Revision(Record):
    """One published model.

    Attributes:
        number: from 1.
        created: when, ISO 8601.
        run: folder of the training that made it.
        files: checksums of all files of its folder.
        change: what is new in it, in a sentence; empty of the first one.
        test_accuracy: on the test split, which was read once for it.
        class_ids: by name; a class keeps its id whatever it is called, and an id is never used for another one.
    """

    number: int = Field(ge=1)
    created: str
    run: str
    files: Checksums
    change: str = ""
    test_accuracy: Share
    class_ids: dict[str, int] = Field(default_factory=dict)


class RevisionLog(SealedRecord):
    """The content of revisions.json.

    Attributes:
        name: of the model.
        in_use: number of the revision in use.
        revisions: all, the oldest first.
        test_readings: how often the test split was read for them: once for each.
    """

    title = "the log of a model's revisions"
    remedy = "restore the file"

    name: str
    in_use: int
    revisions: tuple[Revision, ...]
    test_readings: Count


@dataclass(frozen=True)
class ModelLine:
    """A model with all its revisions.

    Attributes:
        folder: that holds them.
        log: as it is written there.
    """

    folder: Path
    log: RevisionLog

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads the log.

        Raises:
            UserError: there is none, or it is damaged.
        """
        if not (folder / LOG).is_file():
            raise UserError(f"{folder} holds no revisions of a model (no {LOG})")
        return cls(folder, RevisionLog.read(folder / LOG))

    @classmethod
    def begin(cls, folder: Path, name: str, run: Path, test_accuracy: float, label_names: Sequence[str]) -> Self:
        """Makes the model of a run the first revision.

        Args:
            folder: is made; holds nothing yet.
            name: of the model.
            run: folder of the finished training.
            test_accuracy: of the run.
            label_names: of its classes, which get ids from 1.
        """
        (folder / REVISIONS).mkdir(parents=True, exist_ok=True)
        empty = cls(folder, RevisionLog(name=name, in_use=0, revisions=(), test_readings=0))
        class_ids = {name: number for number, name in enumerate(label_names, 1)}
        return empty.add(run, "", test_accuracy, class_ids, ())

    @property
    def in_use(self) -> Revision:
        """The revision in use."""
        return self.find(self.log.in_use)

    @property
    def model(self) -> Path:
        """The model folder in use."""
        return self.place(self.log.in_use) / MODEL

    @property
    def next_number(self) -> int:
        """That a new revision gets; numbers are never used again."""
        return max((revision.number for revision in self.log.revisions), default=0) + 1

    @property
    def highest_class_id(self) -> int:
        """That any revision uses; 0 where none does."""
        return max((number for revision in self.log.revisions for number in revision.class_ids.values()), default=0)

    def place(self, number: int) -> Path:
        """The folder of a revision."""
        return self.folder / REVISIONS / f"{number:04d}"

    def find(self, number: int) -> Revision:
        """A revision by its number.

        Raises:
            UserError: there is none; lists those that are there.
        """
        for revision in self.log.revisions:
            if revision.number == number:
                return revision
        numbers = ", ".join(str(revision.number) for revision in self.log.revisions)
        raise UserError(f"--to: {self.folder} has no revision {number}; there are {numbers}")

    def add(
        self, run: Path, change: str, test_accuracy: float, class_ids: dict[str, int], beside: Sequence[Path]
    ) -> Self:
        """Writes a new revision and puts it in use.

        Args:
            run: folder of the training.
            change: what is new.
            test_accuracy: of the run.
            class_ids: by name.
            beside: files that go with it.
        """
        number = self.next_number
        with new_folder(self.place(number), replace=True) as temporary:  # one that is in no log was cut short
            shutil.copytree(run / run_folder.MODEL, temporary / MODEL)
            for file in beside:
                shutil.copy2(file, temporary / file.name)
            files = sum_files(temporary, _list_files(temporary))
        revision = Revision(
            number=number, created=now(), run=str(run.absolute()), files=files, change=change,
            test_accuracy=test_accuracy, class_ids=class_ids,
        )  # fmt: skip
        log = self.log.model_copy(
            update={
                "revisions": (*self.log.revisions, revision),
                "in_use": number,
                "test_readings": self.log.test_readings + 1,
            }
        )
        return self._put(log)

    def use(self, number: int) -> Self:
        """Puts another revision in use, after every byte of it was read.

        Raises:
            UserError: there is none of that number, or it is not as it was written.
        """
        revision = self.find(number)
        damage = find_damage(self.place(number), revision.files, full=True)
        if damage:
            raise UserError(
                f"{self.place(number)}: {damage[0]}, so revision {number} cannot be put in use; restore its folder"
            )
        return self._put(self.log.model_copy(update={"in_use": number}))

    def point(self) -> None:
        """Points the link to the revision in use; a process that was killed may have written the log alone."""
        point_to(self.folder / CURRENT, self.model)

    def _put(self, log: RevisionLog) -> Self:
        """Writes the log, which decides, and then the link."""
        log.write(self.folder / LOG)
        line = type(self)(self.folder, log)
        line.point()
        return line


@contextmanager
def hold_line(folder: Path) -> Iterator[None]:
    """Keeps other processes from changing the revisions of a model at the same time.

    Raises:
        UserError: another process is at work on them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    at_work = UserError(f"{folder}: another process is changing the revisions of this model; wait for it")
    with hold_lock(folder / ".lock", at_work):
        yield


def _list_files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
