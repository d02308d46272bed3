"""The tab on which a visitor says what a picture shows, without a server."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.app.models import LABELS, noise, upload
from vitrine.app.classifier import Classifier
from vitrine.app.tabs.correct import Correct
from vitrine.corrections.store import CorrectionStore
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.ui.texts import load_texts

VISITOR = SimpleNamespace(session_hash="abc")


@pytest.fixture
def correct(tmp_path_factory, predictor):
    return Correct(predictor, CorrectionStore(tmp_path_factory.mktemp("kept") / "store"), load_texts("en"))


@pytest.fixture
def shown(folder, predictor):
    *_, shown = Classifier(predictor, load_texts("en")).show_upload(upload(folder), 3, None)
    return shown


def keep(correct, shown, chosen=None, typed="", consents=False, name="ann", mine=()):
    return correct.keep(shown, chosen, typed, consents, name, list(mine), VISITOR)


def test_a_correction_says_what_was_seen_and_by_which_model(correct, shown):
    said, mine, _ = keep(correct, shown, LABELS[4])
    (kept,) = correct.store.all()
    assert kept.sha256 == hashlib.sha256(shown.path.read_bytes()).hexdigest()
    assert (kept.kind, kept.label, kept.reviewer, kept.blind) == ("label", LABELS[4], "ann", False)
    assert (kept.answer, kept.decision) == (shown.prediction.ranking[0][0], "answer")
    assert kept.model == "Colours & <shapes>"
    assert len(kept.revision) == 12
    assert kept.kept == ""
    assert not (correct.store.folder / "pictures").exists()
    assert mine == [kept.id]
    assert "Kept: &#39;é&#39;" in said


def test_the_picture_is_kept_only_with_consent_and_the_upload_not_what_is_on_display(correct, folder, predictor):
    noise(3).save(folder / "scan.tiff")
    *_, shown = Classifier(predictor, load_texts("en")).show_upload({"path": str(folder / "scan.tiff")}, 3, None)
    assert shown.path.suffix == ".png"
    keep(correct, shown, "red", consents=True)
    (kept,) = correct.store.all()
    assert kept.sha256 == hashlib.sha256((folder / "scan.tiff").read_bytes()).hexdigest()
    assert correct.store.picture(kept).is_file()


@pytest.mark.parametrize(
    ("chosen", "typed", "kind", "label"),
    [
        (None, "  new \n label ", "new", "new label"),
        (None, "RED", "label", "red"),
        ("red", "red", "label", "red"),
        (None, "<script>alert(1)</script>", "new", "<script>alert(1)</script>"),
        (None, "=HYPERLINK(1)", "new", "=HYPERLINK(1)"),
        (None, "\ud800half", "new", "half"),
    ],
)
def test_a_label_is_chosen_or_typed_and_markup_is_text(correct, shown, chosen, typed, kind, label):
    said, *_ = keep(correct, shown, chosen, typed)
    (kept,) = correct.store.all()
    assert (kept.kind, kept.label) == (kind, label)
    assert "<script>" not in said


@pytest.mark.parametrize(
    ("chosen", "typed", "message"),
    [(None, " ", "Choose a label from the list"), ("red", "blue", "Two labels were given: red and blue")],
)
def test_what_is_not_clear_is_asked_for_and_nothing_is_kept(correct, shown, chosen, typed, message):
    said, *_ = keep(correct, shown, chosen, typed)
    assert message in said
    assert correct.store.all() == []


def test_none_of_the_classes_and_undo(correct, shown):
    keep(correct, shown, "red")
    said, mine, undo = correct.keep_none(shown, False, "ann", [], VISITOR)
    assert "none of the classes" in said
    assert undo["interactive"]
    said, mine, undo = correct.undo(mine)
    assert "Taken back: none of the classes" in said
    assert mine == []
    assert not undo["interactive"]
    assert [one.kind for one in correct.store.all()] == ["label", "none", "withdrawn"]


def test_a_second_visitor_sees_that_another_says_otherwise_and_not_who(correct, shown):
    keep(correct, shown, "red", name="ann")
    assert "Reviewers differ" not in keep(correct, shown, "red", name="bob")[0]
    said, *_ = keep(correct, shown, "é", name="cem")
    assert "Reviewers differ" in said
    assert "ann" not in said


def test_visitors_without_a_name_are_told_apart(correct, shown):
    for request in (VISITOR, SimpleNamespace(session_hash="other")):
        correct.keep_none(shown, False, "", [], request)
    correct.keep_none(shown, False, "eve", [], VISITOR)
    first, second, third = (one.reviewer for one in correct.store.all())
    assert first.startswith("visitor ")
    assert first != second
    assert third == "eve"


def test_a_picture_that_is_gone_or_was_taken_away_is_asked_for(correct, shown):
    assert "Choose a picture on the first tab" in keep(correct, None, "red")[0]
    assert "Choose a picture on the first tab" in keep(correct, replace(shown, on_page=False), "red")[0]
    shown.path.unlink()
    assert "has been deleted in the meantime" in keep(correct, shown, "red")[0]
    assert correct.store.all() == []


def test_a_folder_that_cannot_be_written_is_said_without_its_path_and_the_next_correction_is_kept(correct, shown):
    correct.store.folder.write_text("in the way")
    said, mine, _ = keep(correct, shown, "red")
    assert "this page cannot write to its folder" in said
    assert str(correct.store.folder.parent) not in said
    assert mine == []
    correct.store.folder.unlink()
    assert "Kept: " in keep(correct, shown, "red")[0]


def test_another_picture_empties_the_form(correct, shown):
    picture, answer, label, new, consent, said = correct.show(shown)
    assert (picture, label, new, consent, said) == (str(shown.path), None, "", False, "")
    assert "The model says" in answer
    assert correct.show(None)[0] is None


def test_what_is_asked_follows_what_the_model_decided(correct, shown):
    said = {}
    for name, decision in (("answer", Answer("red")), ("unsure", Unsure("red", "é")), ("none", NoneOfThese())):
        prediction = replace(shown.prediction, decision=decision)
        said[name] = correct.show(replace(shown, prediction=prediction))[1]
    assert "The model says: red. Is that wrong?" in said["answer"]
    assert "The model says “Unsure: red or é”. What does the picture show?" in said["unsure"]
    assert "The model says “None of my classes”. What does the picture show?" in said["none"]


def test_without_a_picture_it_is_the_picture_that_is_asked_for(correct):
    assert "Choose a picture on the first tab first" in keep(correct, None)[0]
