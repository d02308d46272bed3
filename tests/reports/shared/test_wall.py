import pandas as pd
import pytest

from tests.factories import SIDE, prepare, write_colored_classes
from vitrine.config.data import PreparationSection
from vitrine.reports.shared.wall import place_images, show_test_images


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
