"""A finished run as a notebook shows it."""

from pathlib import Path

import pytest

import vitrine


def test_a_run_tells_what_it_reached(colors_folder):
    run = vitrine.Run.open("finished")
    low, high = run.accuracy_interval
    assert low <= run.accuracy <= high
    assert f"test accuracy {run.accuracy * 100:.1f}\N{NO-BREAK SPACE}% (95" in repr(run)
    assert len(repr(run)) < 200 + len(str(colors_folder))
    assert run.recipe.optim.epochs == len(run.history) == run.metrics.training.epochs == 1
    assert run.predictions["correct"].mean() == pytest.approx(run.accuracy)
    assert "small_cnn" in run._repr_html_()


def test_a_report_is_a_page_in_the_notebook_and_a_path_elsewhere(colors_folder):
    report = vitrine.Run.open("finished").report
    shown = report._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "&lt;!doctype html&gt;" in shown.lower()
    assert Path(report).read_text("utf-8") == report.path.read_text("utf-8")
    assert str(report).endswith("report.html")
