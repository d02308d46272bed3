"""The map of a feasibility study: every picture is a dot, drawn in two ways, and shows itself when pointed at."""

import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import datasets
import numpy as np
import numpy.typing as npt

from vitrine.data.prepared.dataset import display_image
from vitrine.evaluation.probe.linear_probe import Study
from vitrine.ui.figures import shorten
from vitrine.ui.palette import CLASS_COLORS

WIDTH, HEIGHT, MARGIN = 640, 520, 22  # units of the drawing
RADIUS = 3.6
LONGEST_SIDE = 96  # pixels of a picture
WEBP_QUALITY = 45  # about 2 kB each
MOST_MARKED = 2 * len(CLASS_COLORS)  # classes with a colour and a shape of their own; the others are grey
LONGEST_NAME = 16  # characters of a name within the map
LETTER, LINE = 11.5, 20  # width and height of a name's letters at their largest, which is on a phone

Draw = Callable[[float, float, float], str]


def _circle(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"


def _triangle(x: float, y: float, r: float) -> str:
    return f"M{x:.1f} {y - 1.25 * r:.1f}l{1.2 * r:.1f} {2.1 * r:.1f}h{-2.4 * r:.1f}z"


def _square(x: float, y: float, r: float) -> str:
    return f"M{x - 0.9 * r:.1f} {y - 0.9 * r:.1f}h{1.8 * r:.1f}v{1.8 * r:.1f}h{-1.8 * r:.1f}z"


def _diamond(x: float, y: float, r: float) -> str:
    s = 1.3 * r
    return f"M{x:.1f} {y - s:.1f}l{s:.1f} {s:.1f}l{-s:.1f} {s:.1f}l{-s:.1f} {-s:.1f}z"


# Neighbouring colours have different shapes, so that a colour never stands alone; 16 pairs of both.
SHAPES: tuple[Draw, ...] = (_circle, _triangle, _square, _diamond)


@dataclass(frozen=True)
class MapClass:
    """One class in map and legend.

    Attributes:
        label_id: of the class.
        label_name: in full.
        pictures: studied pictures.
        color: place in `CLASS_COLORS`, None where the class is grey.
        mark: its shape as an SVG path in a box of 16 x 16.
        paths: its dots in each map, as SVG paths.
        places: where its name stands in each map.
        short_name: what stands there; empty where the map would be too full.
    """

    label_id: int
    label_name: str
    pictures: int
    color: int | None
    mark: str
    paths: tuple[str, str]
    places: tuple[tuple[float, float], tuple[float, float]]
    short_name: str


@dataclass(frozen=True)
class ClassMap:
    """All that the page draws.

    Attributes:
        classes: in drawing order.
        rings: of the mistakes in each map, as SVG paths.
        dots: for the script.
        mistakes: that are drawn.
        all_mistakes: those that are not drawn too.
    """

    classes: list[MapClass]
    rings: tuple[str, str]
    dots: list[dict[str, object]]
    mistakes: int
    all_mistakes: int


def build_map(study: Study, rows: datasets.Dataset, label_names: Sequence[str]) -> ClassMap:
    """Places, marks and pictures of every dot.

    Args:
        study: of the rows, in their order.
        rows: of a prepared data set.
        label_names: in the order of the label ids.
    """
    all_label_ids = np.asarray(rows["label"])
    shown = study.maps.shown
    label_ids, answers = all_label_ids[shown], study.head.answers[shown]
    is_wrong = study.head.is_wrong(all_label_ids)
    wrong = is_wrong[shown]
    places = (_fit(study.maps.pca), _fit(study.maps.tsne))
    drawn = rows.select(shown)
    dots: list[dict[str, object]] = [
        {
            "file": file,
            "label": int(label_ids[row]),
            "answer": int(answers[row]),
            "share": round(float(study.head.confidences[shown[row]]), 3),
            "at": [[round(float(value), 1) for value in place[row]] for place in places],
            "picture": picture,
        }
        for row, (file, picture) in enumerate(zip(drawn["file"], _encode_images(drawn), strict=True))
    ]
    rings = tuple("".join(_circle(x, y, 1.7 * RADIUS) for x, y in place[wrong]) for place in places)
    classes = _draw_classes(study, all_label_ids, label_names, places)
    return ClassMap(classes, (rings[0], rings[1]), dots, int(wrong.sum()), int(is_wrong.sum()))


def _fit(places: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Into the drawing, the proportions kept; y points down there."""
    low, high = places.min(axis=0), places.max(axis=0)
    spread = np.maximum(high - low, 1e-9)
    scale = min((WIDTH - 2 * MARGIN) / spread[0], (HEIGHT - 2 * MARGIN) / spread[1])
    fitted: npt.NDArray[np.float64] = (places - (low + high) / 2) * (scale, -scale) + (WIDTH / 2, HEIGHT / 2)
    return fitted


def _draw_classes(
    study: Study,
    label_ids: npt.NDArray[np.int64],
    label_names: Sequence[str],
    places: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> list[MapClass]:
    """Grey classes first, so that the marked ones lie on top."""
    drawn = label_ids[study.maps.shown]
    marked = _choose_marked(study, drawn)
    short_names = {label_id: shorten(label_names[label_id], LONGEST_NAME) for label_id in marked}
    names_at = [_place_names(short_names, drawn, place) for place in places]
    classes = []
    for label_id in np.unique(label_ids).tolist():
        own = drawn == label_id
        number = marked.index(label_id) if label_id in marked else None
        draw = _circle if number is None else SHAPES[(number + number // len(CLASS_COLORS)) % len(SHAPES)]
        radius = RADIUS if number is not None else 0.7 * RADIUS
        paths = tuple("".join(draw(x, y, radius) for x, y in place[own]) for place in places)
        classes.append(
            MapClass(
                label_id=label_id,
                label_name=label_names[label_id],
                pictures=int((label_ids == label_id).sum()),
                color=None if number is None else number % len(CLASS_COLORS),
                mark=draw(8, 8, 5),
                paths=(paths[0], paths[1]),
                places=(names_at[0].get(label_id, (0, 0)), names_at[1].get(label_id, (0, 0))),
                short_name=short_names[label_id] if label_id in names_at[0].keys() & names_at[1].keys() else "",
            )
        )
    return sorted(classes, key=lambda item: (item.color is not None, item.label_id))


def _place_names(
    short_names: dict[int, str], label_ids: npt.NDArray[np.int64], places: npt.NDArray[np.float64]
) -> dict[int, tuple[float, float]]:
    """In the middle of each class, but within the drawing, and below a name that is there already.

    Names for which there is no more room below have no place.
    """
    middles = {label_id: np.median(places[label_ids == label_id], axis=0) for label_id in short_names}
    found: dict[int, tuple[float, float]] = {}
    for label_id in sorted(middles, key=lambda label_id: float(middles[label_id][1])):
        half = LETTER * len(short_names[label_id]) / 2
        x = float(np.clip(middles[label_id][0], half, max(half, WIDTH - half)))
        y = float(middles[label_id][1])
        for other, (left, top) in sorted(found.items(), key=lambda item: item[1][1]):
            apart = half + LETTER * len(short_names[other]) / 2
            if abs(left - x) < apart and abs(top - y) < LINE:
                y = top + LINE
        if y <= HEIGHT - LINE:
            found[label_id] = (round(x, 1), round(y, 1))
    return found


def _choose_marked(study: Study, drawn: npt.NDArray[np.int64]) -> list[int]:
    """The drawn classes with a colour: all, or those that are mixed up most, in the order of their label ids."""
    present: list[int] = np.unique(drawn).tolist()
    if len(present) <= MOST_MARKED:
        return present
    mixed_up = [label_id for pair in study.pairs for label_id in (pair.first, pair.second)]
    in_turn = dict.fromkeys(label_id for label_id in (*mixed_up, *present) if label_id in set(present))
    return sorted([*in_turn][:MOST_MARKED])


def _encode_images(rows: datasets.Dataset) -> list[str]:
    """A data address of each row's picture."""

    def encode(row: int) -> str:
        stored = rows[row]
        picture = display_image(stored, min(LONGEST_SIDE, max(stored["width"], stored["height"])))
        stream = BytesIO()
        picture.convert("RGB").save(stream, "WEBP", quality=WEBP_QUALITY)
        return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(encode, range(len(rows))))
