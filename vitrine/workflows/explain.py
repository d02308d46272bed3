"""Explaining the answers to many pictures: one overlay each, and a table that says which of them to trust."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from vitrine.data.images.decoding import ImageError
from vitrine.errors import UserError
from vitrine.explain.explainer import Explainer, Method
from vitrine.explain.overlay import overlay, what_the_map_is_about
from vitrine.models.calibration.selective import describe
from vitrine.predict.images import NamedImage
from vitrine.records.atomic import write_text
from vitrine.records.spreadsheet import guard_row

TABLE = "explanations.csv"


@dataclass(frozen=True)
class ExplainedFile:
    """A row of the table; what was not measured is empty.

    Attributes:
        file: name of the picture.
        problem: why it cannot be read; "" where it can.
        decision: the model's answer in words.
        label: the class that the map is about.
        probability: of it, 0 to 1.
        overlay: file of the map over the picture, below the folder.
        deletion: see `Faithfulness`.
        insertion: see `Faithfulness`.
        trusted: "yes" where the map beats a random one and a blob in the centre, "no" where it does not.
    """

    file: str
    problem: str = ""
    decision: str = ""
    label: str = ""
    probability: str = ""
    overlay: str = ""
    deletion: str = ""
    insertion: str = ""
    trusted: str = ""


def explain_files(
    explainer: Explainer,
    pictures: Iterable[NamedImage],
    folder: Path,
    *,
    label_name: str | None = None,
    method: Method | None = None,
    checks: bool = True,
    progress: Callable[[ExplainedFile], object] = lambda row: None,
) -> list[ExplainedFile]:
    """Writes an overlay for each picture, and `explanations.csv` with a row for each.

    Args:
        explainer: of the model.
        pictures: as `from_files` gives them.
        folder: is made where it is not there.
        label_name: of the class; None: the likeliest one of each picture.
        method: see `Explainer.explain`.
        checks: whether each map is compared with two that know nothing, which takes seconds.
        progress: told each row.

    Raises:
        UserError: the folder cannot be written, or the model cannot be explained so.
    """
    rows = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(pictures):
            row = _explain_one(explainer, picture, folder, number, label_name, method, checks)
            progress(row)
            rows.append(row)
        write_text(folder / TABLE, "".join(_lines(rows)))
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); give another folder") from error
    return rows


def _explain_one(
    explainer: Explainer,
    picture: NamedImage,
    folder: Path,
    number: int,
    label_name: str | None,
    method: Method | None,
    checks: bool,
) -> ExplainedFile:
    try:
        image = picture.open()
    except ImageError as error:
        return ExplainedFile(picture.file, problem=str(error))
    found = explainer.explain(image, label_name, method)
    name = f"{number + 1:05d}_{Path(picture.file).stem[:60]}.png"
    about = what_the_map_is_about(image, explainer.pixels(image)[0], explainer.predictor.preprocess.settings)
    overlay(about, found.importance).save(folder / name)
    row = ExplainedFile(
        picture.file,
        decision=describe(found.prediction.decision),
        label=found.label_name,
        probability=f"{dict(found.prediction.ranking)[found.label_name]:.6f}",
        overlay=name,
    )
    if not checks:
        return row
    verdict = explainer.judge(image, found)
    measured = {"deletion": f"{verdict.own.deletion:.3f}", "insertion": f"{verdict.own.insertion:.3f}"}
    return ExplainedFile(**{**asdict(row), **measured, "trusted": "yes" if verdict.is_trusted else "no"})


def _lines(rows: Iterable[ExplainedFile]) -> Iterator[str]:
    stream = io.StringIO()
    table = csv.DictWriter(stream, list(ExplainedFile.__dataclass_fields__))
    table.writeheader()
    table.writerows(guard_row(asdict(row)) for row in rows)
    yield stream.getvalue()
