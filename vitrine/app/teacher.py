"""What happens on the page on which a classifier is taught."""

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from markupsafe import Markup, escape

from vitrine.app.lesson import Lesson
from vitrine.app.report_route import ADDRESS
from vitrine.app.uploads import open_upload
from vitrine.app.wording import Wording, notice
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.predict.predictor import Predictor
from vitrine.records.folder import MODEL, REPORT
from vitrine.ui.texts import Texts

BARS = 5


@dataclass(frozen=True)
class Learnt:
    """A trained model.

    Attributes:
        run: its folder.
        right: test pictures that were answered rightly.
        tested: test pictures.
        predictor: answers.
    """

    run: Path
    right: int
    tested: int
    predictor: Predictor


class Teacher:
    """Answers the page's events. All visitors of a server teach the same classifier.

    Args:
        lesson: its pictures.
        train: from pictures to a model; takes the lesson's pictures and folder.
        learnt: the model of the last time; None where there is none.
    """

    def __init__(self, lesson: Lesson, train: Callable[[Path, Path], Learnt], learnt: Learnt | None = None) -> None:
        self.lesson = lesson
        self.train = train
        self.learnt = learnt
        self._training = threading.Lock()

    def add(self, texts: Texts, name: str, files: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None) -> str:
        """Adds pictures to a class; returns what is to be said of it, as HTML."""
        given = [files] if isinstance(files, Mapping) else list(files or ())
        if not given:
            return notice(texts("teach.no_pictures"))
        refused, added, known = [], 0, 0
        for file in given:
            try:
                upload = open_upload(file, Path(get_upload_folder()).resolve(), texts)
                is_new = self.lesson.add(name, upload.path, texts)
            except UserError as error:
                refused.append(str(error))
                continue
            added, known = added + is_new, known + (not is_new)
        said = [texts("teach.added", count=added)] * bool(added) + [texts("teach.known", count=known)] * bool(known)
        return f'<p role="status">{escape(" ".join(said))}</p>' * bool(said) + notice("\n".join(dict.fromkeys(refused)))

    def learn(self, texts: Texts) -> Iterator[tuple[str, bool]]:
        """Trains; yields what is said as HTML, and whether there is a model to try: the last one, until it ends."""
        if not self._training.acquire(blocking=False):
            yield notice(texts("teach.at_work")), self.learnt is not None
            return
        try:
            self.lesson.check(texts)
            yield f'<p role="status">{escape(texts("teach.training"))}</p>', self.learnt is not None
            self.learnt = self.train(self.lesson.pictures, self.lesson.folder)
            yield self._describe(self.learnt, texts), True
        except UserError as error:
            yield notice(str(error)), self.learnt is not None
        finally:
            self._training.release()

    def describe_last(self, texts: Texts) -> tuple[str, bool]:
        """What is said of the last training as HTML, and whether there is a model to try: for who opens the page."""
        return (self._describe(self.learnt, texts), True) if self.learnt is not None else ("", False)

    def answer(self, texts: Texts, picture: Mapping[str, Any] | None) -> str:
        """What the model says of a picture, as HTML."""
        if picture is None or self.learnt is None:
            return ""
        predictor = self.learnt.predictor
        try:
            upload = open_upload(picture, Path(get_upload_folder()).resolve(), texts, predictor.rendering)
        except UserError as error:
            return notice(str(error))
        prediction = predictor.predict_images([upload.image])[0]
        return Wording(texts).answer(upload.name, prediction, BARS, predictor.trust)

    def pack(self) -> str | None:
        """A zip of the model folder, for the visitor to keep."""
        if self.learnt is None:
            return None
        folder = Path(get_upload_folder()) / self.learnt.run.name
        packed = folder / f"{self.lesson.folder.resolve().name}.zip"
        if not packed.exists():
            folder.mkdir(parents=True, exist_ok=True)
            whole = shutil.make_archive(str(folder / secrets.token_hex(8)), "zip", self.learnt.run / MODEL)
            Path(whole).replace(packed)  # somebody else may be fetching it
        return str(packed)

    def find_report(self) -> Path | None:
        """The report of the last training."""
        return self.learnt.run / REPORT if self.learnt is not None else None

    def _describe(self, learnt: Learnt, texts: Texts) -> str:
        share = texts("teach.right", right=texts.number(learnt.right), count=learnt.tested)
        opened = Markup("<code>{}</code>").format(f"{command_line('app')} --model {learnt.run}")
        kept = texts.html("teach.kept", command=opened)
        report = f'<a href="{ADDRESS}" target="_blank">{escape(texts("teach.report"))}</a>'
        return f'<p role="status"><strong>{escape(share)}</strong></p><p>{kept} {report}</p>'
