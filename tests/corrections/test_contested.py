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
    named, kept = contested_pictures(said, {"cats/a.png": digest("a"), "cats/d.png": digest("d")})
    assert (named.file, named.kept, named.label_name, named.split) == ("cats/a.png", "", "cat", "test")
    assert (kept.file, kept.kept, kept.key, kept.reasons) == ("", "pictures/bb/b.jpg", (digest("b"), ""), ())


def test_a_name_that_the_data_set_does_not_have_with_this_content_is_not_opened():
    names = ("/home/me/x.png", "../../x.png", "cats/a.png")
    said = [judgment("b", label, label, file=file) for file in names for label in ("cat", "cow")]
    assert contested_pictures(said, {"cats/a.png": digest("a")}) == []
    without_hash = [judgment(label=label, reviewer=label, sha256="", file="cats/a.png") for label in ("cat", "cow")]
    assert [one.key for one in contested_pictures(without_hash, {"cats/a.png": digest("a")})] == [
        (digest("a"), "cats/a.png")
    ]
