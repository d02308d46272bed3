"""Test pictures that travel with the model, for people to try it on."""

import itertools

from PIL import Image

from vitrine.data.manifest.split import TEST
from vitrine.data.prepared.dataset import PreparedDataset, display_picture

EXAMPLES = 12
EXAMPLE_SIDE = 256


def choose_examples(prepared: PreparedDataset, in_own_proportions: bool) -> list[tuple[Image.Image, str]]:
    """The first test pictures of every class in turn; right or wrong answers play no part in the choice.

    They are the stored squares where their own proportions would not bring the original back.
    """
    split = prepared.splits[TEST]
    rows_of: dict[int, list[int]] = {}
    for row, label_id in enumerate(split["label"]):
        rows_of.setdefault(label_id, []).append(row)
    in_turn = [row for rows in itertools.zip_longest(*(rows_of[key] for key in sorted(rows_of))) for row in rows]
    chosen = [row for row in in_turn if row is not None][:EXAMPLES]
    rows = [split[row] for row in sorted(chosen, key=lambda row: (split[row]["label"], row))]
    return [
        (
            display_picture(row, EXAMPLE_SIDE) if in_own_proportions else row["image"],
            prepared.label_names[row["label"]],
        )
        for row in rows
    ]
