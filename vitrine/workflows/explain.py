"""Explaining the answers to many pictures: one overlay each, and a table that says which of them to trust."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

from PIL import Image

from vitrine.data.images.decoding import ImageError
from vitrine.errors import UserError
from vitrine.explain.explainer import Explainer, Explanation, Method
from vitrine.explain.faithfulness import Verdict
from vitrine.explain.perturbation import USUAL, Perturbation
from vitrine.models.calibration.selective import describe
from vitrine.predict.images import NamedImage
from vitrine.records.spreadsheet import guard_row

TABLE = "explanations.csv"
LONGEST_STEM = 60  # of a picture's name that its overlay takes over


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
        method: by which the map was made.
        deletion: see `Faithfulness`.
        insertion: see `Faithfulness`.
        trusted: "yes" where the map beats a random one and a blob in the centre and depends on what the network has
            learnt, "no" where it does not.
    """

    file: str
    problem: str = ""
    decision: str = ""
    label: str = ""
    probability: str = ""
    overlay: str = ""
    method: str = ""
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
    options: Perturbation = USUAL,
    checks: bool = True,
    progress: Callable[[ExplainedFile], object] = lambda row: None,
) -> list[ExplainedFile]:
    """Writes an overlay for each picture, and `explanations.csv` with a row for each as soon as it is done.

    Args:
        explainer: of the model.
        pictures: as `from_files` gives them.
        folder: is made where it is not there.
        label_name: of the class; None: the likeliest one of each picture.
        method: see `Explainer.explain_and_judge`.
        options: of occlusion and shap.
        checks: whether each map is compared with two that know nothing, which takes seconds.
        progress: told each row.

    Raises:
        UserError: the folder cannot be written, or the model cannot be explained so.
    """
    rows: list[ExplainedFile] = []
    explain = partial(
        explainer.explain_and_judge if checks else _without_checks(explainer),
        label_name=label_name,
        method=method,
        options=options,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / TABLE).open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, [field.name for field in fields(ExplainedFile)])
            table.writeheader()
            for picture in pictures:
                overlay = folder / f"{len(rows) + 1:05d}_{Path(picture.file).stem[:LONGEST_STEM]}.png"
                rows.append(_explain_one(explainer, picture, overlay, explain))
                table.writerow(guard_row(asdict(rows[-1])))
                stream.flush()
                progress(rows[-1])
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); give another folder") from error
    return rows


def _without_checks(explainer: Explainer) -> Callable[..., tuple[Explanation, None]]:
    return lambda *given, **named: (explainer.explain(*given, **named), None)


def _explain_one(
    explainer: Explainer,
    picture: NamedImage,
    overlay: Path,
    explain: Callable[[Image.Image], tuple[Explanation, Verdict | None]],
) -> ExplainedFile:
    try:
        image = picture.open()
        found, verdict = explain(image)
    except ImageError as error:
        return ExplainedFile(picture.file, problem=str(error))
    explainer.draw(image, found).save(overlay)
    row = ExplainedFile(
        picture.file,
        decision=describe(found.prediction.decision),
        label=found.label_name,
        probability=f"{dict(found.prediction.ranking)[found.label_name]:.6f}",
        overlay=overlay.name,
        method=found.method,
    )
    if verdict is None:
        return row
    return replace(
        row,
        deletion=f"{verdict.own.deletion:.3f}",
        insertion=f"{verdict.own.insertion:.3f}",
        trusted="yes" if verdict.is_trusted else "no",
    )
