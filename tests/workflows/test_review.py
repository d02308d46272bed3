"""Likely wrong labels become rows beside the corrections of before."""

import pytest

from tests.records.examples import make_metrics
from vitrine.errors import UserError
from vitrine.records.corrections import Row, write_rows
from vitrine.records.mistakes import LabelErrors, Mistakes, Suspect
from vitrine.workflows.review import merge_rows, read_earlier, read_label_errors, review_run


def errors_of(*files):
    suspects = [
        Suspect(file=file, split="train", label_name="cat", suggested="owl", suspicion=0.87654, probability=0.8)
        for file in files
    ]
    return LabelErrors(examined=(), not_examined=(), suspects=tuple(suspects), more=0)


@pytest.fixture
def run(tmp_path):
    """A run in which a.png and b.png look wrong; a.png was corrected before, c.png was looked at and left."""
    write_rows(tmp_path / "c.csv", [Row("a.png", "cat", "dog", "relabel"), Row("c.png", "cat")])
    mistakes = Mistakes(pairs=(), top_losses=(), label_errors=errors_of("a.png", "b.png"), slices=None)
    make_metrics(mistakes=mistakes).write(tmp_path / "metrics.json")
    (tmp_path / "recipe.yaml").write_text(f"data: {{corrections: {tmp_path / 'c.csv'}}}\n")
    return tmp_path


def test_corrections_come_first_and_those_that_look_wrong_are_counted(run):
    review = review_run(run, "remove")
    assert (review.earlier, review.doubted) == (1, 1)
    assert review.rows == [
        Row("a.png", "cat", "owl", "relabel", "dog", "", "0.877"),
        Row("b.png", "cat", "owl", "remove", "", "train", "0.877"),
    ]


def test_a_new_label_of_before_stays_though_another_is_likelier_now():
    earlier = [Row("a.png", "cat", "dog", "relabel", "emu"), Row("b.png", "cat", "dog", "remove")]
    first, second = merge_rows(earlier, errors_of("a.png"), "")
    assert (first.new_label, first.suggested, first.action) == ("emu", "owl", "relabel")
    assert second == earlier[1]


def test_rows_without_an_action_are_not_corrections(run):
    assert [row.file for row in read_earlier(run)] == ["a.png"]
    (run / "recipe.yaml").write_text("name: x\n")
    assert read_earlier(run) == []


def test_what_is_no_finished_run_or_an_older_one_is_named(run, tmp_path):
    with pytest.raises(UserError, match=r"is not a finished run: it has no metrics\.json"):
        read_label_errors(tmp_path / "nowhere")
    make_metrics().write(run / "metrics.json")
    with pytest.raises(UserError, match="an older version made it; train again"):
        read_label_errors(run)
