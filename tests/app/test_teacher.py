"""What happens on the page on which a classifier is taught."""

import threading
import zipfile
from pathlib import Path

import pytest

from tests.app.models import noise, write_model
from vitrine.app.lesson import Lesson
from vitrine.app.teacher import Learnt, Teacher
from vitrine.errors import UserError
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.fixture
def run(tmp_path):
    write_model(tmp_path / "run" / "model")
    (tmp_path / "run" / "report.html").write_text("<p>report</p>")
    return tmp_path / "run"


@pytest.fixture
def teacher(tmp_path, run, predictor, folder):
    return Teacher(Lesson(tmp_path / "taught"), lambda _pictures, _folder: Learnt(run, 3, 4, predictor))


def upload(folder: Path, seed: int, name="picture.png"):
    path = folder / f"upload-{seed}" / name
    path.parent.mkdir()
    noise(seed).save(path)
    return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def fill(teacher, folder):
    for number, name in enumerate(("cat", "dog")):
        teacher.add(ENGLISH, name, [upload(folder, 10 * number + seed) for seed in range(5)])


def test_pictures_are_added_counted_and_told_apart_from_those_that_were_there(teacher, folder):
    first, second = upload(folder, 1), upload(folder, 2)
    assert "2 pictures added." in teacher.add(ENGLISH, "cat", [first, second])
    assert "1 was there already." in teacher.add(ENGLISH, "cat", first)
    assert [len(pictures) for pictures in teacher.lesson.classes.values()] == [2]


def test_a_file_that_is_no_picture_is_named_and_the_others_are_kept(teacher, folder):
    text = folder / "text" / "note.jpg"
    text.parent.mkdir()
    text.write_text("hello")
    said = teacher.add(ENGLISH, "cat", [{"path": str(text), "orig_name": "note.jpg"}, upload(folder, 3)])
    assert "1 picture added." in said
    assert "note.jpg was not used: a text, not a picture" in said


def test_files_outside_the_uploads_are_not_read(teacher, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    noise(1).save(outside)
    assert "was not used" in teacher.add(ENGLISH, "cat", {"path": str(outside)})
    assert teacher.lesson.classes == {}


def test_without_enough_pictures_nothing_is_trained_and_it_is_said_what_is_missing(teacher):
    assert [(words.count("alert"), ready) for words, ready in teacher.learn(ENGLISH)] == [(1, False)]
    assert teacher.learnt is None


def test_a_training_ends_with_its_figures_a_model_that_answers_and_a_zip_of_it(teacher, folder, run):
    fill(teacher, folder)
    assert teacher.answer(ENGLISH, upload(folder, 98)) == ""
    assert (teacher.pack(), teacher.find_report()) == (None, None)
    begun, ended = teacher.learn(ENGLISH)
    assert ("Training" in begun[0], begun[1]) == (True, False)
    assert "3 of 4 pictures that were set aside were answered rightly" in ended[0]
    assert f"app.py --model {run}" in ended[0] or f"app --model {run}" in ended[0]
    assert 'class="answer' in teacher.answer(ENGLISH, upload(folder, 99))
    packed = Path(teacher.pack())
    assert "model.safetensors" in zipfile.ZipFile(packed).namelist()
    before = packed.stat().st_mtime_ns
    assert (teacher.pack(), packed.stat().st_mtime_ns) == (str(packed), before)  # somebody may be fetching it
    assert list(packed.parent.glob("*.zip")) == [packed]
    assert teacher.find_report() == run / "report.html"
    assert next(teacher.learn(ENGLISH))[1]  # the last model answers until the next one is there
    assert teacher.describe_last(ENGLISH) == ended


def test_the_model_of_the_last_time_is_there_when_the_page_opens_and_none_before_the_first(teacher, run):
    assert teacher.describe_last(ENGLISH) == ("", False)
    again = Teacher(teacher.lesson, teacher.train, teacher.train(Path(), Path()))
    words, is_ready = again.describe_last(ENGLISH)
    assert ("3 of 4 pictures" in words, is_ready) == (True, True)
    assert again.find_report() == run / "report.html"


def test_a_training_that_fails_says_why_and_the_next_one_may_begin(teacher, folder):
    fill(teacher, folder)

    def fail(_pictures, _folder):
        raise UserError("all pictures are alike")

    works, teacher.train = teacher.train, fail
    assert "all pictures are alike" in list(teacher.learn(ENGLISH))[-1][0]
    teacher.train = works
    assert list(teacher.learn(ENGLISH))[-1][1]


def test_two_trainings_do_not_run_at_once(teacher, folder):
    fill(teacher, folder)
    entered, may_end = threading.Event(), threading.Event()
    works = teacher.train

    def wait(pictures, place):
        entered.set()
        assert may_end.wait(30)
        return works(pictures, place)

    teacher.train = wait
    thread = threading.Thread(target=lambda: list(teacher.learn(ENGLISH)))
    thread.start()
    assert entered.wait(30)
    ((said, _),) = teacher.learn(ENGLISH)
    may_end.set()
    thread.join()
    assert "A training is at work already" in said
