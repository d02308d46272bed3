"""The page of many answers, in both languages."""

import re

import pytest
from PIL import Image

from vitrine.data.images.decoding import ImageError
from vitrine.predict.answers.sample import AnswerSample
from vitrine.reports.answers import page as module
from vitrine.reports.answers.page import write_answers_page
from vitrine.ui.texts import load_texts

NASTY = "<b>cat"


def make_sample(classes=2):
    sample = AnswerSample()
    for number in range(40):
        name = NASTY if number % 2 else f"class {number % classes}"
        sample.add(f"{number}.jpg", {"decision": name, "label_1": name, "probability_1": "0.93", "label_2": "dog"})
    sample.add("u.jpg", {"decision": "unsure: dog or emu", "label_1": "dog", "probability_1": "0.4", "label_2": "emu"})
    sample.add("p.jpg", {"decision": "unsure: perhaps dog", "label_1": "dog", "probability_1": "0.3"})
    sample.add("n.jpg", {"decision": "none of my classes", "label_1": "dog", "probability_1": "0.2"})
    sample.add("broken.jpg", {"problem": "a text, not a picture; get the picture again"})
    return sample


def make_dogs(count):
    sample = AnswerSample()
    for number in range(count):
        sample.add(f"{number}.jpg", {"decision": "dog", "label_1": "dog", "probability_1": "0.9"})
    return sample


def write(folder, sample, language="en", open_image=lambda _: Image.new("RGB", (300, 200), "red")):
    path = folder / "answers.html"
    write_answers_page(path, sample, open_image, "dogs", load_texts(language))
    return path.read_text("utf-8")


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.replace("<wbr>", "").replace("\u00a0", " ")))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("dog or emu", "perhaps dog", "none of its classes", "most like dog", "30 pictures, drawn at random")),
        ("fr", ("dog ou emu", "peut-être dog", "aucune de ses classes", "ressemble surtout à dog", "tirées au hasard")),
    ],
)
def test_every_kind_of_answer_is_in_words(tmp_path, language, expected):
    page = write(tmp_path, make_sample(), language)
    assert f'<html lang="{language}">' in page
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    text = words(page)
    for sentence in expected:
        assert sentence in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("count", "walls"), [(24, ["least_sure"]), (25, ["random", "least_sure"])])
def test_of_few_pictures_none_are_drawn(tmp_path, count, walls, language):
    page = write(tmp_path, make_dogs(count), language)
    assert re.findall(r'<section id="(\w+)"', page) == re.findall(r'<a href="#(\w+)"', page) == [*walls, "classes"]
    says_few = {"en": "few enough to look at them all", "fr": "assez peu nombreuses"}[language]
    assert (says_few in words(page)) == (len(walls) == 1)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 8, "dog 8 pictures dog"),
        ("en", 9, "dog 8 of 9 pictures, at random dog"),
        ("fr", 8, "dog 8 images dog"),
        ("fr", 9, "dog 8 images sur 9, au hasard dog"),
    ],
)
def test_of_a_class_that_is_shown_whole_none_are_drawn(tmp_path, language, count, said):
    assert said in words(write(tmp_path, make_dogs(count), language))


def test_names_are_shown_as_text_and_problems_have_their_reason(tmp_path):
    page = write(tmp_path, make_sample())
    assert NASTY not in page
    assert "a text, not a picture" in words(page)


def test_of_many_classes_some_have_pictures_and_the_rest_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_GALLERIES", 3)
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    text = words(write(tmp_path, make_sample(classes=20)))
    assert "more classes are in the table alone" in text
    assert "more classes with fewer pictures" in text


def test_a_picture_that_is_gone_leaves_its_place_and_each_is_opened_once(tmp_path):
    opened = []

    def open_image(file):
        opened.append(file)
        raise ImageError("gone")

    page = write(tmp_path, make_sample(), open_image=open_image)
    assert "<img" not in page.split("</header>")[-1]
    assert len(opened) == len(set(opened))
