"""What the page does with a picture, without a server."""

from dataclasses import replace
from html import escape
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from tests.app.models import EXAMPLE_LABELS, upload
from tests.predict.models import line_of_pixels, narrow_preparation
from vitrine.app.beside import Beside
from vitrine.app.classifier import Classifier
from vitrine.predict.batcher import NoAnswerError
from vitrine.records.model import Trust
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


@pytest.mark.parametrize("taken_away_first", [False, True])
def test_a_file_that_cannot_be_used_brings_the_picture_before_it_back(folder, predictor, taken_away_first):
    classifier = Classifier(predictor, ENGLISH)
    _, message, answer, shown = classifier.show_upload(upload(folder), 3, None)
    assert message == ""
    assert answer.count("<li>") == 3
    if taken_away_first:
        *_, shown = classifier.show_nothing(shown)
    (folder / "text.jpg").write_text("hello")
    picture, message, answer_again, shown = classifier.show_upload({"path": str(folder / "text.jpg")}, 3, shown)
    assert picture == str(folder / "a.png")
    assert answer_again == answer
    assert "text.jpg was not used: a text, not a picture" in message
    shown.path.unlink()
    picture, _, answer, shown = classifier.show_upload({"path": str(folder / "text.jpg")}, 3, shown)
    assert (picture, answer, shown) == (None, classifier.wording.nothing_yet, None)


def test_a_french_page_refuses_in_french_and_its_api_in_english(folder, predictor):
    classifier = Classifier(predictor, FRENCH)
    (folder / "text.jpg").write_text("hello")
    _, message, *_ = classifier.show_upload({"path": str(folder / "text.jpg")}, 3, None)
    said = " ".join(message.split())
    assert "text.jpg n" in said
    assert "utilisé : un texte, pas une image ; récupérez" in said
    assert "Choisissez une autre image" in said
    with pytest.raises(gr.Error, match="was not used: a text, not a picture; get the picture again"):
        classifier.answer_api({"path": str(folder / "text.jpg")}, 3)


def test_taking_the_picture_away_takes_its_answer_away(folder, predictor):
    classifier = Classifier(predictor, ENGLISH)
    *_, shown = classifier.show_upload(upload(folder), 3, None)
    message, answer, shown = classifier.show_nothing(shown)
    assert (message, answer) == ("", classifier.wording.nothing_yet)
    assert classifier.show_bars(2, shown) == classifier.wording.nothing_yet
    assert classifier.show_nothing(None) == ("", classifier.wording.nothing_yet, None)


def test_another_number_of_bars_needs_no_second_look_at_the_picture(folder, predictor):
    classifier = Classifier(predictor, ENGLISH)
    *_, shown = classifier.show_upload(upload(folder), 1, None)
    classifier.predictor = None
    assert classifier.show_bars(4, shown).count("<li>") == 4
    assert classifier.show_bars(4, None) == classifier.wording.nothing_yet


def test_the_page_obeys_the_thresholds_of_the_model(folder, predictor):
    trust = Trust(precision=0.95, confidence_threshold=None)
    cautious = replace(predictor, metadata=predictor.metadata.model_copy(update={"trust": trust}))
    for judge, label in ((predictor, "looks most like"), (cautious, "Unsure: ")):
        _, _, answer, shown = Classifier(judge, ENGLISH).show_upload(upload(folder), 3, None)
        assert label in answer
    (first, _), (second, share) = shown.prediction.ranking[:2]
    named = f"Unsure: {first} or {second}" if share >= 0.05 else f"Unsure: perhaps {first}"
    assert escape(named) in answer


def test_an_example_is_answered_with_its_own_label_beside_it(folder, predictor):
    classifier = Classifier(predictor, ENGLISH)
    for number, label in enumerate(EXAMPLE_LABELS):
        picture, _, _, shown = classifier.show_example(number, 2)
        original = predictor.folder / "examples" / f"{number:03d}.png"
        assert Path(picture).read_bytes() == original.read_bytes()
        assert Path(picture).is_relative_to(folder)  # Gradio shows no file of a model folder
        assert shown.label_name == label


def test_an_example_that_is_prepared_already_is_not_prepared_again(folder, predictor):
    answers = {}
    for prepared in (False, True):
        examples = [example.model_copy(update={"prepared": prepared}) for example in predictor.metadata.examples]
        metadata = predictor.metadata.model_copy(update={"examples": examples})
        classifier = Classifier(replace(predictor, metadata=metadata), ENGLISH)
        *_, shown = classifier.show_example(0, 2)
        picture = Image.open(predictor.folder / "examples" / "000.png")
        ranking = shown.prediction.ranking
        assert list(ranking) == predictor.predict(picture, top_k=len(predictor.label_names), preprocessed=prepared)
        answers[prepared] = ranking
    assert answers[False] != answers[True]


def test_the_fill_color_of_the_model_is_behind_a_transparent_upload(folder, predictor):
    black = SimpleNamespace(settings={"fill_color": "black"})
    classifier = Classifier(replace(predictor, preprocess=black, metadata=None), ENGLISH)
    Image.new("RGBA", (9, 9), (255, 255, 255, 0)).save(folder / "glass.png")
    assert classifier._open({"path": str(folder / "glass.png")}, ENGLISH).image.getpixel((4, 4)) == (0, 0, 0)


def test_a_click_means_the_picture_that_the_gallery_shows_there(folder, predictor):
    classifier = Classifier(predictor, ENGLISH)
    _, _, answer, shown = classifier.show_clicked([2, 0], 2, SimpleNamespace(index=1))
    assert (shown.label_name, shown.example) == (EXAMPLE_LABELS[0], "000")
    assert 'href="?example=000"' in answer


@pytest.mark.parametrize("name", ["", "003", "../secret", "a.png", "<b>"])
def test_a_link_to_what_is_no_example_shows_nothing(folder, predictor, name):
    classifier = Classifier(predictor, ENGLISH)
    classifier.show_upload(upload(folder), 3, None)
    assert classifier.show_linked(3, SimpleNamespace(query_params={"example": name})) == (gr.skip(),) * 4
    assert classifier.show_linked(3, SimpleNamespace(query_params={})) == (gr.skip(),) * 4


def test_a_link_shows_its_example_again_and_an_upload_has_none(folder, predictor):
    classifier = Classifier(predictor, ENGLISH)
    linked = classifier.show_linked(3, SimpleNamespace(query_params={"example": "002"}))
    assert linked == classifier.show_example(2, 3)
    _, _, answer, shown = classifier.show_upload(upload(folder), 3, None)
    assert shown.example == ""
    assert "example=" not in answer


def test_two_models_answer_side_by_side_each_by_its_own_name_and_thresholds(folder, predictor):
    trust = Trust(precision=0.95, confidence_threshold=None)
    metadata = predictor.metadata.model_copy(update={"trust": trust, "backbone": "small_cnn"})
    classifier = Classifier(predictor, ENGLISH, beside=Beside(replace(predictor, metadata=metadata)))
    for _, _, answer, _ in (classifier.show_upload(upload(folder), 3, None), classifier.show_example(0, 3)):
        assert answer.count("<section>") == 2
        assert answer.index("(resnet18)") < answer.index("looks most like") < answer.index("(small_cnn)")
        assert "Unsure: " in answer.split("(small_cnn)")[1]


@pytest.mark.parametrize("top_k", [0, -3, 2.5, True, None, "three"])
def test_a_senseless_top_k_is_named_with_its_rule(folder, predictor, top_k):
    with pytest.raises(gr.Error, match=r"top_k must be a whole number from 1 on \(got "):
        Classifier(predictor, ENGLISH).answer_api(upload(folder), top_k)


def upload_line(folder):
    line_of_pixels().save(folder / "line.png")
    return {"path": str(folder / "line.png"), "orig_name": "line.png"}


def test_a_picture_that_the_preparation_cannot_take_is_refused_in_the_language_of_the_page(folder, predictor):
    classifier = Classifier(replace(predictor, preprocess=narrow_preparation()), FRENCH)
    picture, message, _, shown = classifier.show_upload(upload_line(folder), 3, None)
    assert (picture, shown) == (None, None)
    assert "la préparation de ce modèle ne peut prendre 1 x 3000 pixels" in " ".join(message.split())
    with pytest.raises(gr.Error, match="was not used: this model's preparation cannot take 1 x 3000 pixels"):
        classifier.answer_api(upload_line(folder), 3)


def test_a_picture_that_only_the_second_model_cannot_take_keeps_the_answer_of_the_first(folder, predictor):
    beside = Beside(replace(predictor, preprocess=narrow_preparation()))
    _, message, answer, _ = Classifier(predictor, ENGLISH, beside=beside).show_upload(upload_line(folder), 3, None)
    first, second = answer.split("<section>")[1:]
    assert message == ""
    assert "looks most like" in first
    assert "preparation cannot take 1 x 3000 pixels" in second


def test_a_stuck_network_is_told_of_on_the_page_and_to_programs(folder, predictor, monkeypatch):
    def give_up(*_arguments):
        raise NoAnswerError("it seems to hang")

    classifier = Classifier(predictor, FRENCH)
    monkeypatch.setattr(classifier.batcher, "predict", give_up)
    assert "semble bloqué" in classifier.show_upload(upload(folder), 3, None)[1]
    with pytest.raises(gr.Error, match="so it seems to hang"):
        classifier.answer_api(upload(folder), 3)
