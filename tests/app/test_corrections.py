"""What the tabs of corrections share."""

from dataclasses import replace

import pytest

from vitrine.app.corrections import clean, model_revision, read_choice, reviewer_of, say_error
from vitrine.corrections.store import StoreError
from vitrine.errors import UserError
from vitrine.records.checksums import FileSum
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("  a \t\n b ", "a b"),
        ("\x00\x1bred\u2028", "red"),
        ("e\u0301", "é"),
        ("x" * 200, "x" * 100),
        ("\ud83d half", "half"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_a_line_is_kept_as_text_without_control_characters(typed, kept):
    assert clean(typed) == kept


def test_a_new_label_that_differs_in_case_alone_is_the_known_one():
    assert read_choice(None, "MALTESE dog", ["Maltese dog"], ENGLISH) == ("label", "Maltese dog")
    assert read_choice(None, "maltese-dog", ["Maltese_dog"], ENGLISH) == ("label", "Maltese_dog")
    assert read_choice(None, "a b", ["a_b", "a-b"], ENGLISH) == ("new", "a b")  # it may be either
    assert read_choice(None, "Poodle", ["Maltese dog"], ENGLISH) == ("new", "Poodle")


def test_no_label_and_two_labels_are_refused():
    with pytest.raises(UserError, match="Choose a label"):
        read_choice(None, "\x00", ["a"], ENGLISH)
    with pytest.raises(UserError, match="Two labels were given: a and b"):
        read_choice("a", "b", ["a"], ENGLISH)


def test_the_revision_is_that_of_the_files(predictor):
    first = model_revision(predictor)
    files = predictor.metadata.files | {"model.safetensors": FileSum(size_bytes=1, sha256="0" * 64)}
    changed = replace(predictor, metadata=predictor.metadata.model_copy(update={"files": files}))
    assert len(first) == 12
    assert model_revision(changed) != first
    assert model_revision(replace(predictor, metadata=None)) == ""


def test_without_a_request_the_typed_name_counts():
    assert (reviewer_of(" ann ", None), reviewer_of("", None)) == ("ann", "")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reason", ["full", "unwritable", "busy", "damaged"])
def test_what_a_store_says_is_said_without_its_folder(tmp_path, language, reason):
    said = say_error(StoreError(tmp_path, reason, f"detail of {tmp_path}"), load_texts(language))
    assert str(tmp_path) not in said
    assert "corrections.refusal" not in said
