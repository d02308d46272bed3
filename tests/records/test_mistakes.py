"""The section on mistakes."""

from tests.records.examples import faults_of
from vitrine.records.mistakes import Examined, LabelErrors, Mistakes, Pair, Slice, Suspect, TopLoss


def make_slice(**changes):
    """Dark pictures, of which there are none."""
    fields = {
        "name": "dark", "limit": 40.0, "pictures": 0, "right": 0, "accuracy": None, "interval": None,
        "rest_pictures": 10, "rest_accuracy": 0.9, "difference": None, "p_value": None, "is_weaker": False,
    }  # fmt: skip
    return Slice(**fields | changes)


def make_mistakes(**changes):
    """One of everything."""
    fields = {
        "pairs": (
            Pair(
                first="cat",
                second="dog",
                first_as_second=2,
                second_as_first=0,
                first_pictures=10,
                second_pictures=10,
            ),
        ),
        "top_losses": (
            TopLoss(
                file="cat/1.png", label_name="cat", predicted="dog", probability=0.9, own_probability=0.1, loss=2.3
            ),
        ),
        "label_errors": LabelErrors(
            examined=(Examined(split="test", pictures=20, of=20, judge="model", agreement=0.9, estimated=1),),
            not_examined=("train",),
            suspects=(
                Suspect(
                    file="cat/1.png", split="test", label_name="cat", suggested="dog", suspicion=0.8, probability=0.9
                ),
            ),
            more=0,
        ),
        "slices": (make_slice(),),
    }
    return Mistakes(**fields | changes)


def test_the_section_is_read_as_it_was_written():
    written = make_mistakes()
    read = Mistakes.model_validate_json(written.model_dump_json())
    assert read == written
    assert read.label_errors.suspects[0].suggested == "dog"
    assert read.slices[0].accuracy is None


def test_a_run_whose_pictures_were_not_looked_at_has_no_slices():
    assert Mistakes.model_validate_json(make_mistakes(slices=None).model_dump_json()).slices is None


def test_a_judge_a_slice_and_a_count_that_do_not_exist_are_refused():
    mistakes = make_mistakes()
    assert faults_of(make_slice(), name="ugly", p_value=1.5) == {"name": "literal_error", "p_value": "less_than_equal"}
    assert faults_of(mistakes.label_errors.examined[0], judge="person") == {"judge": "literal_error"}
    assert faults_of(mistakes.pairs[0], first_as_second=-1) == {"first_as_second": "greater_than_equal"}
