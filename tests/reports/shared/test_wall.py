import pandas as pd
import pytest

from tests.factories import SIDE, prepare, write_colored_classes
from vitrine.config.data import PreparationSection
from vitrine.reports.shared.wall import choose_predictions, place_images, show_test_images


@pytest.mark.parametrize(
    ("section", "preprocessed"),
    [
        (PreparationSection(), False),
        (PreparationSection(steps=("whiten",)), False),
        (PreparationSection(resize="letterbox"), True),
        (PreparationSection(steps=("crop_centre",)), True),
    ],
)
def test_proportions_are_restored_only_where_the_whole_original_is_shown(tmp_path, section, preprocessed):
    prepared = prepare(write_colored_classes(tmp_path / "source", 8), tmp_path / "prepared", preparation=section)
    sizes = {row["file"]: (row["width"], row["height"]) for row in prepared.splits["test"]}
    table = pd.DataFrame(
        {"file": list(sizes), "label_name": "red", "predicted": "red", "correct": True, "probability": 0.9}
    )
    pictures = [item.picture.size for item in place_images(table, show_test_images(prepared))]
    assert pictures == ([(SIDE, SIDE)] * len(sizes) if preprocessed else list(sizes.values()))


@pytest.mark.parametrize("kind", [str, pd.CategoricalDtype(["corgi", "pug", "beagle"])])
def test_the_surest_mistakes_come_first_and_then_classes_take_turns_by_name(kind):
    names = ["corgi"] * 40 + ["pug"] * 40 + ["beagle"] * 2
    table = pd.DataFrame(
        {
            "file": [f"{number}.png" for number in range(82)],
            "label_name": pd.Series(names, dtype=kind),
            "correct": [not number % 4 for number in range(82)],
            "probability": [0.9 if number == 41 else 0.5 for number in range(82)],
        }
    )
    chosen = choose_predictions(table)
    wrong, right = chosen[~chosen["correct"]], chosen[chosen["correct"]]
    assert [int(name[:-4]) for name in wrong["file"]] == [41, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14]
    assert right["label_name"].tolist() == ["beagle", *["corgi", "pug"] * 5, "corgi"]
    assert [int(name[:-4]) for name in right["file"]] == [80, 0, 40, 4, 44, 8, 48, 12, 52, 16, 56, 20]
    assert list(chosen.columns) == list(table.columns)
