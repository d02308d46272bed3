"""The page that `predict --page` writes: what a model makes of many pictures, labelled or not, seen at a glance."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from vitrine.data.images.decoding import ImageError
from vitrine.predict.answers.sample import MOST_PROBLEMS, AnswerSample, SampledAnswer
from vitrine.records.atomic import write_text
from vitrine.reports.shared.wall import shrink
from vitrine.ui.frame import Thumbnail, render, thumbnail
from vitrine.ui.texts import Texts

MOST_GALLERIES = 20  # classes whose pictures are shown; with the other pictures about 1.5 MB
MOST_ROWS = 100  # classes whose pictures are counted
LONGEST_SIDE = 160  # pixels

Open = Callable[[str], Image.Image]


def write_answers_page(path: Path, sample: AnswerSample, open_image: Open, model: str, texts: Texts) -> None:
    """Writes the page, one file that needs no network.

    Args:
        path: of the page.
        sample: of all answers.
        open_image: opens the picture of a file; may raise `ImageError`.
        model: its name, for people.
        texts: of the page's language.
    """
    pictures = _Pictures(open_image)
    counted = sample.classes.most_common()
    read = sum(sample.classes.values())
    galleries = [
        {"name": name, "count": count, "shown": pictures.show(sample.of_class(name), texts)}
        for name, count in counted[:MOST_GALLERIES]
    ]
    least_sure = sample.least_sure()
    is_few = len(least_sure) == read  # all are there, so none need be drawn
    walls = [] if is_few else [("random", "random", sample.random())]
    walls.append(("least_sure", "all" if is_few else "least_sure", least_sure))
    content = {
        "model": model,
        "kinds": sample.kinds,
        "files": sample.kinds.total(),
        "read": read,
        "is_few": is_few,
        "walls": [{"key": key, "lead": lead, "shown": pictures.show(answers, texts)} for key, lead, answers in walls],
        "classes": [{"name": name, "count": count, "share": count / read} for name, count in counted[:MOST_ROWS]],
        "more_classes": max(0, len(counted) - MOST_ROWS),
        "galleries": galleries,
        "more_galleries": max(0, len(counted) - MOST_GALLERIES),
        "problems": sample.problems,
        "more_problems": max(0, sample.kinds["unreadable"] - MOST_PROBLEMS),
    }
    write_text(path, render("answers/page.html.jinja", content, texts))


class _Pictures:
    """Thumbnails by file; a picture in several galleries is opened once."""

    def __init__(self, open_image: Open) -> None:
        self._open = open_image
        self._known: dict[str, Thumbnail | None] = {}

    def show(self, answers: Sequence[SampledAnswer], texts: Texts) -> list[dict[str, object]]:
        return [
            {"picture": self._thumbnail(one.file), "file": one.file, "kind": one.kind, **_say(one, texts)}
            for one in answers
        ]

    def _thumbnail(self, file: str) -> Thumbnail | None:
        if file not in self._known:
            try:
                self._known[file] = thumbnail(shrink(self._open(file), LONGEST_SIDE))
            except ImageError:  # it could be read a minute ago
                self._known[file] = None
        return self._known[file]


def _say(one: SampledAnswer, texts: Texts) -> dict[str, str]:
    if one.kind == "none":
        return {"answer": texts("answers.none"), "share": texts("answers.likest", name=one.label_name)}
    share = texts.percent(one.probability)
    if one.kind == "unsure":
        key = "answers.either" if one.second else "answers.perhaps"
        return {"answer": texts(key, first=one.label_name, second=one.second), "share": share}
    return {"answer": one.label_name, "share": share}
