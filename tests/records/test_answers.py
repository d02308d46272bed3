from tests.records.examples import ASKED


def test_what_differs_between_two_questions_is_told_and_the_name_of_a_model_is_nothing():
    assert ASKED.tell_difference(ASKED.model_copy(update={"model": "elsewhere"})) == ""
    assert ASKED.tell_difference(ASKED.model_copy(update={"top_k": 5})) == "top_k 3, not 5"
    assert (
        ASKED.tell_difference(ASKED.model_copy(update={"runtime": "onnxruntime"})) == "runtime torch, not onnxruntime"
    )
    other = ASKED.model_copy(update={"model": "dogs_2", "digest": "b" * 16})
    assert ASKED.tell_difference(other) == "model runs/dogs/latest/model, not dogs_2"
