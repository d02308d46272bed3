"""The bounded sample of many answers that a page shows."""

import csv

import pytest

from vitrine.predict.answers.sample import LEAST_SURE, MOST_PROBLEMS, OF_A_CLASS, RANDOM, AnswerSample, kind_of_cells
from vitrine.records.spreadsheet import guard_row


def cells(label_name="a", probability=0.9, decision=None):
    return {
        "problem": "", "decision": label_name if decision is None else decision, "label_1": label_name,
        "probability_1": f"{probability:.6f}", "label_2": "other", "probability_2": "0.05",
    }  # fmt: skip


def fill(order):
    sample = AnswerSample()
    for number in order:
        sample.add(f"{number}.jpg", cells("ab"[number % 2], probability=0.5 + number / 1000))
    return sample


def test_all_are_counted_and_few_are_kept():
    sample = fill(range(400))
    assert sample.kinds == {"answered": 400}
    assert sample.classes == {"a": 200, "b": 200}
    assert (len(sample.random()), len(sample.least_sure()), len(sample.of_class("a"))) == (
        RANDOM,
        LEAST_SURE,
        OF_A_CLASS,
    )
    assert [one.file for one in sample.least_sure()] == [f"{number}.jpg" for number in range(LEAST_SURE)]
    assert {one.label_name for one in sample.of_class("b")} == {"b"}
    assert sample.of_class("unknown") == []


def test_the_lot_is_the_same_in_whatever_order_the_answers_come_and_not_that_of_the_names():
    forwards, backwards = fill(range(400)), fill(reversed(range(400)))
    assert forwards.random() == backwards.random()
    assert forwards.of_class("a") == backwards.of_class("a")
    drawn = [int(one.file.removesuffix(".jpg")) for one in forwards.random()]
    assert max(drawn) > 200 > min(drawn)


@pytest.mark.parametrize("raw", [True, False])
def test_a_table_gives_the_same_sample_as_the_answers_that_it_holds(tmp_path, raw):
    rows = [{"file": f"=x{number}.jpg"} | cells("-a", number / 100) for number in range(50)]
    rows.append({"file": "broken.jpg", "problem": "a text", "decision": "", "label_1": "", "probability_1": ""})
    with (tmp_path / "answers.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, rows[0], restval="")
        table.writeheader()
        table.writerows(rows if raw else map(guard_row, rows))
    direct, read = AnswerSample(), AnswerSample()
    for row in rows[1:]:
        direct.add(row["file"], row)
    read.add_table(tmp_path / "answers.csv", raw, {row["file"] for row in rows[1:]})  # the first file is gone
    assert read.random() == direct.random()
    assert (read.kinds, read.classes, read.problems) == (direct.kinds, direct.classes, [("broken.jpg", "a text")])


def test_only_the_first_problems_are_named():
    sample = AnswerSample()
    for number in range(50):
        sample.add(f"{number}.jpg", {"problem": "a text"})
    assert (sample.kinds["unreadable"], len(sample.problems)) == (50, MOST_PROBLEMS)
    assert sample.random() == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"problem": "a text"}, "unreadable"),
        (cells("a"), "answered"),
        (cells("a", decision="unsure: a or other"), "unsure"),
        (cells("a", decision="none of my classes"), "none"),
        (cells("none of my classes"), "answered"),
    ],
)
def test_the_kind_of_a_row_is_read_from_its_cells(row, kind):
    assert kind_of_cells(row) == kind
