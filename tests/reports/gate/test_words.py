"""The gate says in words what decided, what would decide, and never that a copy is better."""

import pytest

from tests.records.examples import make_gate_report
from vitrine.records.difference import Difference
from vitrine.records.gate import ClassChange, GateCheck, Learned, NewClass
from vitrine.reports.gate.words import (
    MINUS,
    claim,
    compare,
    describe_check,
    explain,
    say_learned,
    say_new_class,
    signed,
)
from vitrine.ui.texts import load_texts, plain_spaces

EN = load_texts("en")
TIMES = "\N{MULTIPLICATION SIGN}"


def check(figure="accuracy", outcome="open", **changes):
    bounds = {"worse_by": 0.01, "at_least": -0.01, "at_most": 0.03}
    values = {"figure": figure, "pictures": 100, "current": 0.9, "candidate": 0.89, "margin": 0.02, **bounds}
    return GateCheck(**{**values, "outcome": outcome, **changes})


def findings(verdict, *checks, **changes):
    return make_gate_report().findings.model_copy(update={"verdict": verdict, "checks": checks, **changes})


def difference(verdict, points=2.0):
    return Difference(
        points=points, interval=(points - 1, points + 1), p=0.01, p_holm=0.01, verdict=verdict, about="models",
        pictures=100, seeds=(1, 1), base_accuracy=0.9, variant_accuracy=0.92, only_base_right=1, only_variant_right=3,
        seed_deviation=None,
    )  # fmt: skip


def test_the_claim_names_the_revision_that_is_in_use_now():
    assert claim(make_gate_report(), EN) == "Refused: revision 1 stays in use."
    assert claim(make_gate_report(became=2), EN) == "Accepted: revision 2 is in use now."


def test_a_refusal_names_what_was_broken_the_worst_first():
    broken = [check("class", "broken", label_name=name, worse_by=worse) for name, worse in (("a", 0.2), ("b", 0.6))]
    said = explain(findings("refused", check(outcome="holds"), *broken), EN)
    assert said == "It is shown to be worse by more than the margin: accuracy of 'b' and accuracy of 'a'."


def test_of_many_reasons_three_are_named():
    broken = [check("class", "broken", label_name=str(number)) for number in range(7)]
    assert "and 4 more" in explain(findings("refused", *broken), EN)


def test_what_is_undecided_says_how_many_pictures_would_do():
    said = explain(findings("undecided", check(enough=250)), EN)
    assert said.endswith("The pictures are too few: for accuracy, 250 like these 100 would do.")
    assert explain(findings("undecided", check()), EN).endswith("more pictures like these would not help.")


@pytest.mark.parametrize(
    ("verdict", "words"), [("better", "shown to be better: +2.0"), ("not_shown", "not shown to be better: +2.0")]
)
def test_better_is_said_where_it_is_shown(verdict, words):
    assert words in compare(findings("accepted", difference=difference(verdict)), EN)


def test_a_copy_gains_nothing():
    same = findings("accepted", difference=difference("not_shown", 0.0), unchanged=True)
    assert compare(same, EN) == "Both models give the very same answers: nothing was gained."


def test_rows_give_every_figure_in_its_unit():
    row = describe_check(check(), EN)
    assert (plain_spaces(row.before), plain_spaces(row.now), row.margin) == ("90.0 %", "89.0 %", "2.0")
    assert plain_spaces(row.loss) == f"{MINUS}1.0 to +3.0"
    brier = describe_check(check("probabilities", "holds"), EN)
    assert (brier.before, brier.margin, brier.loss) == ("0.900", "0.020", f"{MINUS}0.010 to +0.030")
    cost = {"at_least": None, "at_most": None, "worse_by": 1.25, "margin": 1.5, "current": 8.0, "candidate": 10.0}
    slow = describe_check(check("latency", "holds", **cost), EN)
    assert (plain_spaces(slow.before), slow.loss, slow.margin) == ("8.0 ms", f"{TIMES} 1.25", f"{TIMES} 1.50")
    memory = describe_check(check("memory", "broken", **cost | {"current": 2e9}), EN)
    assert (plain_spaces(memory.before), memory.outcome) == ("2.0 GB", "exceeds it")


def test_what_was_learned_is_told_in_sentences_of_both_languages():
    learned = Learned(
        relabeled=1,
        removed=2,
        added={"emu": 3},
        classes=(ClassChange(kind="merged", before="hound", now="dog"),),
        elsewhere=1,
        training_pictures=(100, 104),
    )
    english, french = (say_learned(learned, load_texts(language)) for language in ("en", "fr"))
    assert english[4] == "1 row of the corrections is about another data set or model, and was passed over."
    assert english[0] == "Class “hound” is part of “dog” now."
    assert len(english) == len(french) == 6
    assert set(english).isdisjoint(french)


def test_a_new_class_is_told_with_its_pictures_and_signs_stand_where_there_is_something():
    assert say_new_class(NewClass(label_name="emu", pictures=4, right=3), EN).startswith("“emu” is new: of 4 pictures")
    assert [signed(value, EN, 1) for value in (0.04, -0.04, 0.5, -0.5)] == ["0.0", "0.0", "+0.5", f"{MINUS}0.5"]
