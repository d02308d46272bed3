"""The wall of test predictions: which pictures hang on it, and what stands under them."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from PIL import Image

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.records.folder import PREDICTIONS
from vitrine.ui.figures import shorten
from vitrine.ui.texts import Texts

PLACES = 24
PLACES_FOR_WRONG = 12  # the rest shows what right answers look like
LONGEST_SIDE = 240  # pixels
LONGEST_NAME = 21  # characters; a line of the figure's captions has room for 24

ImageOf = Callable[[str], Image.Image]


@dataclass(frozen=True)
class WallImage:
    """One test picture with its prediction; `probability` in [0, 1] is that of the predicted class."""

    picture: Image.Image
    label_name: str
    predicted: str
    correct: bool
    probability: float

    def caption(self, texts: Texts) -> str:
        """For the figure: "true / predicted, 97 %"."""
        shown, answered = shorten(self.label_name, LONGEST_NAME), shorten(self.predicted, LONGEST_NAME)
        return f"{shown} / {answered}, {texts.percent(self.probability)}"


def choose_predictions(predictions: pd.DataFrame) -> pd.DataFrame:
    """Wrong predictions first, the surest on top; then right ones, taken from the classes in turn.

    Args:
        predictions: one row per test picture: file, label_name, predicted, correct, probability.

    Returns:
        Up to 24 rows, at most 12 of them wrong where there are enough right ones.
    """
    correct = predictions["correct"].to_numpy(bool)
    surest = predictions.loc[~correct, "probability"].sort_values(ascending=False, kind="stable")
    names = predictions.loc[correct, "label_name"]
    wrong = predictions.loc[surest.index[: max(PLACES_FOR_WRONG, PLACES - len(names))]]
    turns = names.groupby(names, observed=True).cumcount()
    turns = turns[turns < PLACES]  # of millions no others get a place
    # As texts: names of a categorical column would be in the order of its categories.
    right = predictions.loc[turns.index].assign(turn=turns, label_name=names[turns.index].astype(str))
    in_turn = right.sort_values(["turn", "label_name"], kind="stable").drop(columns="turn")
    chosen: pd.DataFrame = pd.concat([wrong, in_turn.head(PLACES - len(wrong))])
    return chosen


def describe_choice(chosen: pd.DataFrame, predictions: pd.DataFrame, texts: Texts) -> str:
    """Says how the pictures were chosen, so that nobody takes the wall for a fair sample."""
    all_wrong, wrong = int((~predictions["correct"]).sum()), int((~chosen["correct"]).sum())
    if not all_wrong:
        return texts("run.wall.none_wrong", count=len(predictions), shown=len(chosen))
    if wrong == all_wrong:
        words = {1: "run.wall.only_wrong", 2: "run.wall.both_wrong"}.get(wrong, "run.wall.all_wrong")
        first = texts(words, wrong=wrong)
    else:
        first = texts("run.wall.surest_wrong", wrong=texts.number(wrong), all=texts.number(all_wrong))
    return texts("run.wall.then_right", first=first, count=len(chosen) - wrong)


def place_images(chosen: pd.DataFrame, picture_of: ImageOf) -> list[WallImage]:
    """Fetches the chosen pictures.

    Args:
        chosen: of `choose_predictions`.
        picture_of: gives the picture of a file, for people to look at.
    """
    return [
        WallImage(
            picture=picture_of(str(prediction["file"])),
            label_name=prediction["label_name"],
            predicted=prediction["predicted"],
            correct=bool(prediction["correct"]),
            probability=float(prediction["probability"]),
        )
        for prediction in chosen.to_dict("records")
    ]


def show_test_images(prepared: PreparedDataset) -> ImageOf:
    """Gives pictures of the test split by file name, in their original proportions where the square keeps them.

    What is returned raises a UserError for a file that is not in the test split.
    """
    test = prepared.splits["test"]
    places = {file: place for place, file in enumerate(test["file"])}

    def show(file: str) -> Image.Image:
        if file not in places:
            raise UserError(
                f"{PREDICTIONS} names '{file}', which is not in the test split of {prepared.folder}; "
                "report with the data set that the run was made with"
            )
        return prepared.show(test[places[file]], LONGEST_SIDE)

    return show


def shrink(picture: Image.Image, longest_side: int = LONGEST_SIDE) -> Image.Image:
    """To thumbnail size; small pictures stay as they are, so that their pixels can be shown as such."""
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
