"""A study in Python: what it gives, and that its page lies where it says."""

import json
from pathlib import Path

import vitrine
from tests.factories import fault_of, write_tiny_resnet


def test_a_study_gives_the_sentence_the_figures_and_the_page(colors_folder):
    write_tiny_resnet(colors_folder / "tiny")
    study = vitrine.study("prepared/colours", backbone="tiny", folder="out", progress=False)
    assert study.figures == json.loads(Path("out/feasibility.json").read_text("utf-8"))
    assert study.figures["pictures"] == 30  # 24 training and 6 validation
    assert repr(study) == f"Study('out': {study.expectation})"
    assert str(study.report) == "out/feasibility.html"
    assert "out/feasibility.html" in study._repr_html_()


def test_no_pictures_and_a_network_that_knows_nothing_are_refused(colors_folder):
    assert fault_of(vitrine.study, "prepared/colours", pictures=0) == "pictures: must be at least 1 (got 0)"
    assert 'name a pretrained network: backbone="resnet18"' in fault_of(vitrine.study, "prepared/colours")
