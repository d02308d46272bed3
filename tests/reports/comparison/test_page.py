"""The page of a comparison: the answer first, in both languages, and the figures of the comparison in its tables."""

import re

import pytest

from tests.reports.comparisons import fabricate
from vitrine.reports.comparison.page import write_comparison_page
from vitrine.ui.texts import load_texts

NASTY = "<b>a very long name_" + "x" * 60
CASES = {
    "two": fabricate({"none": 0.9, "light": 0.91}),
    "several": fabricate({"none": 0.8, NASTY: 0.86, "strong": 0.9}, failures=2, planned=20),
    "one run each": fabricate({"none": 0.9, "light": 0.91}, seeds=(0,)),
    "one variant": fabricate({"repeated": 0.9}, changes=[]),
    "nothing done": fabricate({"none": 0.9, "light": 0.9}, seeds=(), planned=4),
    "all right": fabricate({"none": 2.0, "light": 2.0}),
    "reference failed": fabricate({"light": 0.9, "strong": 0.9}, reference="none", failures=5),
}


def write(folder, figures, language="en"):
    return write_comparison_page(figures, folder, load_texts(language)).read_text("utf-8")


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.replace("<wbr>", "").replace("\u00a0", " ")))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", CASES)
def test_every_comparison_has_its_page_without_network(tmp_path, name, language):
    page = write(tmp_path, CASES[name], language)
    assert f'<html lang="{language}">' in page
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)


def test_the_answer_comes_before_the_figures(tmp_path):
    text = words(write(tmp_path, CASES["two"]))
    assert text.index("No difference between none and light is shown.") < text.index("Each dot is one training")


def test_the_table_has_the_figures(tmp_path):
    figures = CASES["two"]
    text = words(write(tmp_path, figures))
    for variant in figures.variants:
        mean, deviation = 100 * variant.accuracy.mean, 100 * variant.accuracy.deviation
        assert f"{mean:.1f} % ± {deviation:.1f}" in text
    (pair,) = figures.pairs
    assert f"{pair.difference.p:.3f}" in text


def test_losses_spread_and_seconds_of_epochs_are_in_their_tables(tmp_path):
    figures = CASES["two"]
    text = words(write(tmp_path, figures))
    for variant in figures.variants:
        assert f"{variant.test_loss.mean:.3f} ± {variant.test_loss.deviation:.3f}" in text
        assert f"{100 * variant.accuracy.deviation:.2f} {1e4 * variant.accuracy.variance:.2f}" in text
        assert f"{variant.validation_seconds.mean:.1f} s" in text


def test_figures_of_earlier_builds_have_a_dash_for_what_was_not_measured(tmp_path):
    figures = CASES["one variant"]
    early = [variant.model_copy(update={"test_loss": None, "epoch_seconds": None}) for variant in figures.variants]
    assert "repeated -" in words(write(tmp_path, figures.model_copy(update={"variants": early})))


def test_the_curves_are_those_of_the_runs_that_are_still_there(tmp_path):
    figures = CASES["two"]
    assert 'id="curves"' not in write(tmp_path, figures)
    folder = tmp_path / figures.runs[0].folder
    folder.mkdir(parents=True)
    (folder / "history.csv").write_text("epoch,validation_loss,validation_accuracy\n1,0.5,0.7\n2,0.4,0.8\n")
    assert 'id="curves"' in write(tmp_path, figures)


def test_failures_are_shown_with_their_reason(tmp_path):
    assert "the training loss is no longer a number (epoch 2)" in words(write(tmp_path, CASES["several"]))


def test_a_name_with_markup_is_shown_as_text(tmp_path):
    page = write(tmp_path, CASES["several"])
    assert "<b>a very" not in page
    assert "&lt;b&gt;a very" in page
