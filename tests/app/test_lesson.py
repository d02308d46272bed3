"""The pictures of a lesson on disk."""

import pytest

from tests.app.models import noise
from vitrine.app.lesson import Lesson, check_name
from vitrine.errors import UserError
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.fixture
def lesson(tmp_path):
    return Lesson(tmp_path / "taught")


def picture(folder, seed, suffix="png"):
    path = folder / f"{seed}.{suffix}"
    noise(seed).save(path)
    return path


def test_a_picture_is_copied_below_its_class_and_kept_once(lesson, tmp_path):
    assert lesson.add(" red  fox ", picture(tmp_path, 1), ENGLISH)
    assert not lesson.add("red fox", picture(tmp_path, 1), ENGLISH)
    assert lesson.add("red fox", picture(tmp_path, 2, "jpg"), ENGLISH)
    ((name, kept),) = lesson.classes.items()
    assert name == "red fox"
    assert sorted(path.suffix for path in kept) == [".jpg", ".png"]
    assert (tmp_path / "1.png").read_bytes() in [path.read_bytes() for path in kept]


@pytest.mark.parametrize("name", ["cat", "Épagneul breton", "柴犬", "St. Bernard", "dog (small), brown & white", "7"])
def test_usual_names_are_classes(name):
    assert check_name(name, ENGLISH) == name


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "a\\b", ".hidden", "#recycle", "$RECYCLE.BIN", "@eaDir", "a:b", "dot.", "<b>", "x" * 61]
)
def test_names_that_are_no_folder_everywhere_are_refused_and_leave_nothing(lesson, tmp_path, name):
    with pytest.raises(UserError, match="cannot be the name of a class"):
        lesson.add(name, picture(tmp_path, 1), ENGLISH)
    assert not lesson.folder.exists()


def test_a_missing_name_is_asked_for(lesson, tmp_path):
    with pytest.raises(UserError, match="Type the name of the class first"):
        lesson.add("  ", picture(tmp_path, 1), ENGLISH)


def test_what_is_missing_for_a_training_is_named(lesson, tmp_path):
    with pytest.raises(UserError, match="at least 2 classes apart"):
        lesson.check(ENGLISH)
    for seed in range(5):
        lesson.add("cat", picture(tmp_path, seed), ENGLISH)
    lesson.add("dog", picture(tmp_path, 9), ENGLISH)
    with pytest.raises(UserError, match='"dog" has 1 picture; give it at least 5'):
        lesson.check(ENGLISH)
    for seed in range(10, 14):
        lesson.add("dog", picture(tmp_path, seed), ENGLISH)
    lesson.check(ENGLISH)


def test_a_class_is_taken_away_with_its_pictures_and_nothing_else_is(lesson, tmp_path):
    for name in ("cat", "dog"):
        lesson.add(name, picture(tmp_path, 1), ENGLISH)
    outside = tmp_path / "taught" / "precious"
    outside.mkdir()
    for name in ("cat", "../precious", "nosuch", ""):
        lesson.remove(name)
    assert list(lesson.classes) == ["dog"]
    assert outside.is_dir()


def test_a_full_disk_is_named_and_leaves_no_part(lesson, tmp_path, monkeypatch):
    def write(*_arguments):
        raise OSError(28, "No space left on device")

    source = picture(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", write)
        with pytest.raises(UserError, match="No space left on device"):
            lesson.add("cat", source, ENGLISH)
    assert lesson.classes == {}
    assert lesson.add("cat", source, ENGLISH)
