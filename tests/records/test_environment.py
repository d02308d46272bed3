"""What a run was made with."""

from datetime import UTC, datetime, timedelta

import pytest

import vitrine
from tests.records.examples import START, faults_of, make_environment
from vitrine.records.environment import describe_environment, now


def test_environment_says_which_versions_made_a_run():
    environment = describe_environment("two cores", "2026-01-01T00:00:00+00:00")
    assert environment.device == "two cores"
    assert {"torch", "transformers", "pillow"} <= set(environment.versions)
    assert environment.commit is None or len(environment.commit.rstrip("+")) == 12


def test_an_installation_outside_a_checkout_has_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(vitrine, "__file__", str(tmp_path / "vitrine" / "__init__.py"))
    assert describe_environment("two cores", "2026-01-01T00:00:00+00:00").commit is None


def test_a_machine_without_git_has_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe_environment("two cores", "2026-01-01T00:00:00+00:00").commit is None


def test_start_and_length_follow_from_the_two_moments():
    environment = make_environment(START, seconds=95)
    assert environment.start == START
    assert environment.start.tzinfo is not None
    assert environment.seconds == 95
    assert make_environment(START, seconds=-3600).seconds == 0  # the clock was set back


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01T00:00:00"])
def test_a_moment_that_is_none_is_refused(moment):
    assert faults_of(make_environment(), finished=moment) == {"finished": "value_error"}


def test_now_is_in_utc_and_has_no_fractions_of_a_second():
    moment = datetime.fromisoformat(now())
    assert (moment.utcoffset(), moment.microsecond) == (timedelta(0), 0)
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
