"""The page of an evaluation: record, tables and logits beside it, and what speaks against the figures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.reports.fabricated import Page
from vitrine.data.images.decoding import ImageError
from vitrine.evaluation.evaluate import gather_evidence
from vitrine.predict.predictions import Predictions
from vitrine.records.evaluation import PAGE, RECORD, Evaluation, MeasuredData, MeasuredModel
from vitrine.records.model import Trust
from vitrine.reports.evaluation.page import LOGITS, PREDICTIONS, UNKNOWN, Measured, write_evaluation
from vitrine.ui.texts import load_texts

NAMES = ("cat", "<b>dog")
TRUST = Trust(precision=0.9, confidence_threshold=0.8)


def show(file):
    if file == "0.png":
        raise ImageError("the file is cut short")
    return Image.new("RGB", (20, 10), "green")


def make_measured(unknown=(), trust=TRUST, **data):
    """Two answers in three are right; the first picture cannot be opened any more."""
    label_ids = np.arange(12) % 2
    answers = np.where(np.arange(12) % 3 == 0, 1 - label_ids, label_ids)
    predictions = Predictions(
        [f"{number}.png" for number in range(12)],
        4.0 * np.eye(2, dtype=np.float32)[answers],
        NAMES,
        label_ids,
        None,
        trust,
    )
    facts = {
        "source": "pictures", "name": "pictures", "part": "test", "found": 15, "measured": 12, "unreadable": (),
        "left_out": (), "elsewhere": 0, "unknown": {}, "renamed": (), "acquaintance": "same_split",
        "from_preprocessed": False,
    }  # fmt: skip
    evaluation = Evaluation(
        model=MeasuredModel(id="runs/x/model", name="x", backbone="small_cnn", labels=2, image_size=32),
        data=MeasuredData(**(facts | data)), evidence=gather_evidence(predictions, top_k=3),
        created="2026-11-21T09:41:07+00:00", device="a processor", vitrine="0.1.0", seconds=1.0,
    )  # fmt: skip
    return Measured(evaluation, predictions, pd.DataFrame({"file": list(unknown)}), show)


def test_everything_that_was_measured_lies_beside_the_page(tmp_path):
    measured = make_measured(unknown=["unicorn.png"])
    write_evaluation(tmp_path / "out", measured)
    assert Evaluation.model_validate_json((tmp_path / "out" / RECORD).read_bytes()) == measured.evaluation
    assert len(pd.read_csv(tmp_path / "out" / PREDICTIONS)) == 12
    assert pd.read_csv(tmp_path / "out" / UNKNOWN)["file"].tolist() == ["unicorn.png"]
    stored = np.load(tmp_path / "out" / LOGITS)
    np.testing.assert_array_equal(stored["test_logits"], measured.predictions.logits.astype(np.float32))
    assert stored["test_labels"].tolist() == measured.predictions.label_ids.tolist()


def test_an_earlier_evaluation_is_replaced_as_a_whole(tmp_path):
    write_evaluation(tmp_path / "out", make_measured(unknown=["unicorn.png"]))
    write_evaluation(tmp_path / "out", make_measured())
    assert not (tmp_path / "out" / UNKNOWN).exists()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_needs_nothing_but_itself_and_shows_names_as_text(tmp_path, language):
    said = write_evaluation(tmp_path / "out", make_measured(), language)
    page = Page(tmp_path / "out" / PAGE)
    assert f'<html lang="{language}"' in page.source
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "<b>dog" not in page.source
    assert " ".join(said[0].split()) in page.text


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"acquaintance": "same_source"}, "same_source"),
        ({"acquaintance": "unknown"}, "unknown_training"),
        ({"from_preprocessed": True}, "from_preprocessed"),
    ],
)
def test_what_speaks_against_the_figures_is_said(tmp_path, data, key):
    sentence = load_texts("en")(f"evaluation.notices.{key}")
    assert any(sentence in said for said in write_evaluation(tmp_path / "with", make_measured(**data)))
    assert not any(sentence in said for said in write_evaluation(tmp_path / "without", make_measured()))


def test_pictures_of_other_classes_and_unreadable_ones_are_counted(tmp_path):
    measured = make_measured(unreadable=(("a.png", "the file is cut short"),))
    data = measured.evaluation.data.model_copy(update={"unknown": {"unicorn": 3}})
    measured = replace(measured, evaluation=measured.evaluation.model_copy(update={"data": data}))
    said = " ".join(write_evaluation(tmp_path / "out", measured))
    texts = load_texts("en")
    assert texts("evaluation.notices.unknown", count=3, names=texts.quote(["unicorn"])) in said
    assert texts("evaluation.notices.unreadable", count=1) in said
    assert "the file is cut short" in Page(tmp_path / "out" / PAGE).text


@pytest.mark.slow
def test_a_model_without_thresholds_has_no_section_on_them(tmp_path):
    write_evaluation(tmp_path / "with", make_measured())
    write_evaluation(tmp_path / "without", make_measured(trust=None))
    sizes = [len(Page(tmp_path / name / PAGE).text) for name in ("with", "without")]
    assert sizes[0] > sizes[1]
