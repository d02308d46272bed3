"""The page on which a classifier is taught, in both languages."""

from tests.app.models import noise
from vitrine.app.lesson import Lesson
from vitrine.app.teach_page import _show, build_teach_page
from vitrine.app.teacher import Teacher
from vitrine.ui.texts import load_texts


def test_the_page_has_its_parts_in_each_language_and_no_endpoint_for_programs(tmp_path):
    page = build_teach_page(Teacher(Lesson(tmp_path), None), load_texts("en"))
    labels = {block.value for block in page.blocks.values() if block.elem_id == "lesson-train"}
    assert labels == {"Train", "Entraîner"}
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}


def test_classes_are_shown_with_counts_and_thumbnails_and_names_are_only_text(tmp_path, folder):
    lesson = Lesson(tmp_path / "taught")
    for seed, name in ((1, "cat"), (2, "cat"), (3, "cats & dogs")):
        noise(seed).save(tmp_path / f"{seed}.png")
        lesson.add(name, tmp_path / f"{seed}.png", load_texts("en"))
    (lesson.pictures / "cat" / "note.txt").write_text("not a picture")
    overview, shown, taken = _show(lesson, load_texts("en"))
    assert "<strong>cats &amp; dogs</strong> 1 picture<" in overview
    assert [name for _, name in shown["value"]] == ["cat", "cat", "cats & dogs"]
    assert taken["choices"] == ["cat", "cats & dogs"]
