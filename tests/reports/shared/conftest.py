"""Sections on trust, of classifiers good and bad."""

import numpy as np
import pytest

from tests.reports.fabricated import Page
from vitrine.evaluation.calibration import measure_calibration
from vitrine.evaluation.selective import choose_trust, measure_rejection
from vitrine.evaluation.temperature import fit_temperature
from vitrine.predict.predictions import Predictions
from vitrine.reports.shared.calibration import show_calibration
from vitrine.reports.shared.selective import show_rejection
from vitrine.ui.frame import TEMPLATES, render
from vitrine.ui.texts import load_texts


def draw(pictures, margin, scale=1.0, seed=0):
    generator = np.random.default_rng(seed)
    label_ids = generator.integers(0, 3, pictures)
    logits = generator.normal(0, 1, (pictures, 3))
    logits[np.arange(pictures), label_ids] += generator.normal(margin, 1.5, pictures)
    return scale * logits, label_ids


def measured(pictures, margin, scale=1.0, in_distribution=True):
    """Both sections of a classifier."""
    validation, test = draw(pictures, margin, scale, 1), draw(pictures, margin, scale, 2)
    temperature, remark = fit_temperature(*validation)
    calibration = measure_calibration(*test, temperature, remark, pictures, seed=0)
    judged = [
        Predictions(
            [str(place) for place in range(pictures)],
            logits / temperature,
            ("a", "b", "c"),
            label_ids,
            np.linspace(0.5, 1, pictures) if in_distribution else None,
        )
        for logits, label_ids in (validation, test)
    ]
    return calibration, measure_rejection(choose_trust(judged[0], 0.95, temperature, True, 3), *judged)


@pytest.fixture
def trust_page_of(tmp_path, monkeypatch):
    """A page with these sections alone."""

    def make(calibration, rejection, language):
        folder = tmp_path / "templates"
        folder.mkdir()
        (folder / "page.html.jinja").write_text(
            '{% extends "base.html.jinja" %}{% block main %}'
            '{% include "shared/calibration.html.jinja" %}{% include "shared/selective.html.jinja" %}{% endblock %}'
        )
        monkeypatch.setattr("vitrine.ui.frame.TEMPLATES", (folder, *TEMPLATES))
        texts = load_texts(language)
        content = {"calibration": show_calibration(calibration, texts), "rejection": show_rejection(rejection, texts)}
        (tmp_path / "page.html").write_text(render("page.html.jinja", content, texts), encoding="utf-8")
        return Page(tmp_path / "page.html")

    return make
