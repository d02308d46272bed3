"""From judgments that differ to entries of a queue."""

from tests.corrections.examples import digest, judgment
from vitrine.corrections.contested import contested_pictures


def test_a_picture_comes_once_by_its_name_or_as_it_was_kept_and_not_where_nobody_can_see_it():
    said = [
        judgment("a", "cat", file="cats/a.png", label_name="cat", split="test"),
        judgment("a", "cow", "bob", kept="pictures/aa/a.jpg"),
        judgment("b", "cat"),
        judgment("b", "cow", "bob", kept="pictures/bb/b.jpg"),
        judgment("c", "cat"),
        judgment("c", "cow", "bob"),
        judgment("d", "cat", file="cats/d.png"),
        judgment("d", "cat", "bob", file="cats/d.png"),
    ]
    named, kept = contested_pictures(said)
    assert (named.file, named.kept, named.label_name, named.split) == ("cats/a.png", "", "cat", "test")
    assert (kept.file, kept.kept, kept.key, kept.reasons) == ("", "pictures/bb/b.jpg", (digest("b"), ""), ())
