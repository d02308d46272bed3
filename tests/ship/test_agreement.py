"""How alike two forms of a model answer, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from tests.factories import fault_of
from vitrine.data.prepared.dataset import open_prepared
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.records.model import METADATA, Agreement, ModelMetadata
from vitrine.records.revisions import ModelLine
from vitrine.ship import agreement
from vitrine.ship.agreement import EXACT, ROUNDED, check_agreement, compare, find_prepared, list_test_pictures

MODEL = "finished/model"


def answers(logits, similarities=None):
    values = np.asarray(logits, np.float32)
    ids = [str(number) for number in range(len(values))]
    return Predictions(ids, values, ("a", "b"), similarities=similarities and np.asarray(similarities, np.float32))


def test_equal_first_answers_and_the_largest_gap_are_counted():
    found = compare(answers([[2, 0], [0, 1]], [0.5, 0.5]), answers([[2, 0], [0.2, 0]], [0.5, 0.7]))
    assert (found.pictures, found.same, found.same_decisions) == (2, 1, 2)
    assert found.largest_gap == pytest.approx(1 / (1 + np.exp(-1)) - 1 / (1 + np.exp(0.2)), abs=1e-6)
    assert compare(answers([[2, 0]], [0.5]), answers([[2, 0]], [0.75])).largest_gap == pytest.approx(0.25)


@pytest.mark.parametrize(("logits", "similarities"), [([[np.nan, 0]], [0.5]), ([[2, 0]], None), ([[2, 0]], [np.inf])])
def test_what_is_no_number_or_missing_is_as_far_off_as_can_be(logits, similarities):
    assert compare(answers([[2, 0]], [0.5]), answers(logits, similarities)).largest_gap == 1


@pytest.mark.parametrize(("same", "gap", "most"), [(98, 0.0, ROUNDED), (100, 0.01, EXACT)])
def test_a_form_that_answers_differently_is_refused_with_its_figures(same, gap, most):
    measured = Agreement(pictures=100, same=same, interval=(0, 1), same_decisions=100, largest_gap=gap)
    assert f"same first answer to {same} of 100 test pictures" in fault_of(check_agreement, "m", measured, most)
    check_agreement("m", measured.model_copy(update={"same": 99, "largest_gap": 0.0005}), most)


def test_the_data_set_is_the_one_of_the_recipe(colors_folder):
    assert find_prepared(MODEL) == Path("prepared/colours")
    Path("prepared/colours").rename("elsewhere")
    assert "with --data (prepared/colours is not there)" in fault_of(find_prepared, MODEL)
    Path("others").mkdir()
    Path("others/config.json").write_text("{}")
    assert fault_of(find_prepared, "others").endswith("with --data")
    assert "there is no such model folder" in fault_of(find_prepared, "nowhere")


def test_a_run_and_a_model_with_its_revisions_name_their_data_set(colors_folder):
    assert find_prepared("finished") == Path("prepared/colours")
    ModelLine.begin(Path("models/colours"), "colours", Path("finished"), 1.0, ["blue", "green", "red"])
    assert find_prepared("models/colours") == Path("prepared/colours")


def test_only_the_test_split_is_asked(colors_folder):
    prepared = open_prepared(Path("prepared/colours"))
    pictures = list_test_pictures(Predictor.load(MODEL), prepared)
    assert [picture.file for picture in pictures] == list(prepared.splits["test"]["file"])


def test_of_many_test_pictures_all_classes_are_asked(colors_folder, monkeypatch):
    monkeypatch.setattr(agreement, "MOST_PICTURES", 3)
    pictures = list_test_pictures(Predictor.load(MODEL), open_prepared(Path("prepared/colours")))
    assert [picture.label_name for picture in pictures] == ["blue", "green", "red"]


def test_a_data_set_that_the_model_does_not_come_from_is_refused(colors_folder, monkeypatch):
    monkeypatch.setattr(agreement, "compare_origin", lambda *_: "same_source")
    message = fault_of(list_test_pictures, Predictor.load(MODEL), open_prepared(Path("prepared/colours")))
    assert "is not the data set that finished/model was trained on" in message


def test_a_recipe_that_names_a_store_leads_to_the_copy(colors_folder, put_in_store, monkeypatch):
    address = put_in_store(Path("prepared/colours"))
    noted = ModelMetadata.read(Path(MODEL) / METADATA)
    elsewhere = {**noted.recipe, "data": {**noted.recipe["data"], "prepared": address}}
    changed = noted.model_copy(update={"recipe": elsewhere})
    monkeypatch.setattr(ModelMetadata, "read", lambda _: changed)
    assert open_prepared(find_prepared(MODEL)).facts == open_prepared(Path("prepared/colours")).facts
