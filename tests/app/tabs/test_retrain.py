"""What the tab that retrains says, in both languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from vitrine.app.retraining_job import JobReport
from vitrine.app.tabs.retrain import describe, describe_log
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


@pytest.mark.parametrize("status", ["at_work", "accepted", "refused", "undecided", "stopped", "failed"])
def test_every_outcome_has_its_sentence_in_both_languages(status):
    said = {str(describe(JobReport(status, 75.0), texts)) for texts in (ENGLISH, FRENCH)}
    assert len(said) == 2
    assert all("min" in one or status == "failed" for one in said)


def test_the_page_that_says_why_is_one_click_away_where_there_is_one():
    assert 'href="retraining"' in describe(JobReport("refused", page=Path("models/dogs/gate.html")), ENGLISH)
    assert "href" not in describe(JobReport("refused"), ENGLISH)
    assert describe(JobReport(), ENGLISH) == ""


def test_what_the_training_says_is_text_and_open_where_it_failed():
    lines = ("<b>fault",)
    assert "&lt;b&gt;fault" in describe_log(JobReport("failed", lines=lines), ENGLISH)
    assert "<details open>" in describe_log(JobReport("failed", lines=lines), ENGLISH)
    assert "<details>" in describe_log(JobReport("at_work", lines=lines), ENGLISH)
    assert describe_log(JobReport("at_work"), ENGLISH) == ""


def test_a_model_that_is_being_opened_or_cannot_be_is_said():
    opening = JobReport("accepted", model=Path("current"), is_opening=True)
    assert "comes back by itself" in describe(opening, ENGLISH)
    assert "The reason: &lt;b&gt;damaged" in describe(replace(opening, is_opening=False, fault="<b>damaged"), ENGLISH)
