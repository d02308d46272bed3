"""The page of a feasibility study: what to expect before anything is trained, and the same as JSON."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from matplotlib.figure import Figure

from vitrine.data.prepared.dataset import PreparedDataset, display_image
from vitrine.evaluation.probe.cross_validation import MANY_CLASSES, NUMBERS_OF_MANY
from vitrine.evaluation.probe.linear_probe import NEIGHBORS, ConfusedPair, Study
from vitrine.records.atomic import write_text
from vitrine.records.evidence import store_matrix
from vitrine.reports.probe.class_map import HEIGHT, WIDTH, build_map
from vitrine.reports.probe.words import (
    advise,
    expect,
    find_notices,
    give_evidence,
    judge_rand,
    judge_silhouette,
)
from vitrine.reports.shared.confusion_plot import confusion_matrix
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import Thumbnail, render, thumbnail
from vitrine.ui.palette import CLASS_COLORS, Theme
from vitrine.ui.texts import Language, Texts, load_texts

PAGE = "feasibility.html"
NUMBERS = "feasibility.json"
SCRIPT = Path(__file__).with_name("page.js.jinja")  # plain JavaScript; the name lets it travel with the templates
SCRIPT_WORDS = ("picture_of", "not_asked", "right", "wrong")  # sentences that the script fills
MOST_PAIRS = 6
PICTURES_PER_SIDE = 4
LONGEST_SIDE = 128  # pixels


@dataclass(frozen=True)
class PairImage:
    """A picture that was given the name of the other class of its pair."""

    picture: Thumbnail
    file: str
    shown: str
    answered: str
    share: float


def write_feasibility_page(
    folder: Path,
    study: Study,
    prepared: PreparedDataset,
    rows: datasets.Dataset,
    looked_at: int,
    facts: Mapping[str, Any],
    language: Language = "en",
) -> str:
    """Writes `feasibility.html` and `feasibility.json`.

    Args:
        folder: is made where there is none; older files of these names are replaced.
        study: of the rows, in their order.
        prepared: the data set.
        rows: the studied training and validation pictures.
        looked_at: how many training and validation pictures there are.
        facts: what the study was made with: `backbone`, `created`, `device`, `precision`, `seconds` (of each part).
        language: of the page; the sentence in `feasibility.json` is English.

    Returns:
        The sentence on top, in English as all that the command prints.
    """
    texts = load_texts(language)
    names = prepared.label_names
    label_ids = list(rows["label"])
    script = SCRIPT.read_text("utf-8")
    content = {
        "data": prepared.facts,
        "facts": facts,
        "study": study,
        "expectation": expect(study, names, texts),
        "evidence": give_evidence(study, texts),
        "notices": find_notices(study, names, label_ids, looked_at, texts),
        "steps": advise(study, names, label_ids, texts),
        "majority_name": names[study.majority_class],
        "silhouette_words": judge_silhouette(study.silhouette, texts),
        "rand_words": judge_rand(study.clusters.adjusted_rand_index, texts),
        "neighbors": NEIGHBORS,
        "head_numbers": min(NUMBERS_OF_MANY, facts["width"]) if len(set(label_ids)) > MANY_CLASSES else 0,
        "map": build_map(study, rows, names),
        "map_size": (WIDTH, HEIGHT),
        "class_colors": CLASS_COLORS,
        "pairs": [_show_pair(pair, study, rows, np.asarray(label_ids), names) for pair in study.pairs[:MOST_PAIRS]],
        "more_pairs": max(0, len(study.pairs) - MOST_PAIRS),
        "clusters": inline_figure(lambda theme: draw_clusters(study, names, theme, texts)),
        "script_words": {key: texts.entries[f"study.map.{key}"] for key in SCRIPT_WORDS},
        "script": Markup(script),  # noqa: S704 (our own file, named by its hash in the page's policy)
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
    }
    page = render("probe/page.html.jinja", content, texts)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = collect_numbers(study, names, facts)
    write_text(folder / NUMBERS, json.dumps(numbers, indent=2, ensure_ascii=False))
    write_text(folder / PAGE, page)
    return str(numbers["expectation"])


def collect_numbers(study: Study, label_names: Sequence[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `feasibility.json`: shares in [0, 1], matrices with one row for each true class.

    Above 200 classes a matrix is None, and `confusions` or `cells` has row, column and count of what is not 0.
    """
    head, clusters = study.head, study.clusters
    found = store_matrix(clusters.matrix)
    return {
        **facts,
        "expectation": expect(study, label_names, load_texts("en")),
        "pictures": study.pictures,
        "label_names": list(label_names),
        "chance": study.chance,
        "majority": {"label_name": label_names[study.majority_class], "share": study.majority},
        "head": {
            "accuracy": head.accuracy,
            "interval": head.interval,
            "right": head.right,
            "pictures": head.pictures,
            "folds": head.folds,
            **store_matrix(head.matrix),
        },
        "neighbors": {"accuracy": study.neighbor_accuracy, "number": NEIGHBORS},
        "silhouette": study.silhouette,
        "clusters": {
            "adjusted_rand_index": clusters.adjusted_rand_index,
            "agreement": clusters.agreement,
            "matrix": found["confusion_matrix"],
            "cells": found["confusions"],
        },
        "confused_pairs": [
            asdict(pair) | {"first": label_names[pair.first], "second": label_names[pair.second], "rate": pair.rate}
            for pair in study.pairs
        ],
        "pca_explained": study.maps.explained,
    }


def draw_clusters(study: Study, label_names: Sequence[str], theme: Theme, texts: Texts) -> Figure:
    """Classes against the groups that were found without labels.

    Args:
        study: with the counts.
        label_names: in the order of the label ids.
        theme: colours.
        texts: of the page's language.
    """
    figure = confusion_matrix(study.clusters.matrix, label_names, theme, texts)
    for axes in figure.axes:  # of many classes there are two: the most confused ones, and all
        axes.set_xlabel(texts("study.groups.x_axis"))
        axes.set_ylabel(texts("study.groups.y_axis"), labelpad=8)
    return figure


def _show_pair(
    pair: ConfusedPair,
    study: Study,
    rows: datasets.Dataset,
    label_ids: npt.NDArray[np.int64],
    label_names: Sequence[str],
) -> dict[str, Any]:
    pictures = []
    for shown, answered in ((pair.first, pair.second), (pair.second, pair.first)):
        pictures += _choose_mistakes(shown, answered, study, rows, label_ids, label_names)
    directions = [
        {"shown": label_names[shown], "answered": label_names[answered], "count": count, "pictures": total}
        for shown, answered, count, total in (
            (pair.first, pair.second, pair.first_as_second, pair.first_pictures),
            (pair.second, pair.first, pair.second_as_first, pair.second_pictures),
        )
        if count
    ]
    names = (label_names[pair.first], label_names[pair.second])
    return {"names": names, "directions": directions, "pictures": pictures}


def _choose_mistakes(
    shown: int,
    answered: int,
    study: Study,
    rows: datasets.Dataset,
    label_ids: npt.NDArray[np.int64],
    label_names: Sequence[str],
) -> list[PairImage]:
    """The surest mistakes first: they tell most, of the classes or of a wrong label."""
    head = study.head
    places = np.flatnonzero((label_ids == shown) & (head.answers == answered))
    found = []
    for place in places[np.argsort(-head.confidences[places], kind="stable")][:PICTURES_PER_SIDE].tolist():
        row = rows[place]
        picture = thumbnail(display_image(row, min(LONGEST_SIDE, max(row["width"], row["height"]))))
        share = float(head.confidences[place])
        found.append(PairImage(picture, row["file"], label_names[shown], label_names[answered], share))
    return found
