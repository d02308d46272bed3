"""Kinds of pictures that a model finds harder, in words."""

from vitrine.records.mistakes import Slice, Subgroup
from vitrine.ui.sentences.slices import show_slices, show_subgroups
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


def make(name, accuracy=0.5, rest=0.9, pictures=20, limit=69.4, **changes):
    values = {
        "name": name, "limit": limit, "pictures": pictures, "right": 10, "accuracy": accuracy, "interval": (0.3, 0.7),
        "rest_pictures": 80, "rest_accuracy": rest, "difference": -0.4, "p_value": 0.001, "is_weaker": False,
    }  # fmt: skip
    return Slice(**(values | changes))


def without_pictures(name):
    nothing = dict.fromkeys(("limit", "accuracy", "interval", "difference", "p_value"))
    return make(name, **(nothing | {"pictures": 0, "right": 0}))


def test_only_kinds_that_are_shown_to_be_harder_are_named_in_a_sentence():
    said = show_slices([make("dark", is_weaker=True), make("small")], ENGLISH)
    assert [plain_spaces(sentence) for sentence in said["sentences"]] == [
        "Dark pictures are harder: 50 % right, 90 % of the others."
    ]
    assert said["has_weak"]
    assert [row["verdict"] for row in said["rows"]] == ["yes, shown", "not shown"]


def test_where_no_kind_is_harder_a_sentence_says_so():
    said = show_slices([make("dark")], ENGLISH)
    assert said["sentences"] == ["No kind of picture is shown to be harder than the others."]
    assert not said["has_weak"]


def test_limits_have_as_many_digits_as_their_kind_needs():
    rows = show_slices([make("dark", limit=69.4), make("elongated", limit=1.504)], ENGLISH)["rows"]
    assert rows[0]["limit"] == "darkest fifth: mean brightness up to 69 of 255"
    assert rows[1]["limit"] == "longest fifth: longer side from 1.50 times the shorter one"


def test_kinds_without_pictures_or_without_others_say_why_nothing_is_compared():
    alone = make("grey", accuracy=1.0, limit=None, rest_pictures=0, rest_accuracy=None, difference=None, p_value=None)
    rows = show_slices([without_pictures("small"), alone], ENGLISH)["rows"]
    assert [row["verdict"] for row in rows] == [
        "no such pictures, or all are alike in this",
        "all pictures are of this kind",
    ]
    assert all(row["pictures"] == "" for row in rows)


def test_kinds_have_french_names():
    assert show_slices([make("dark", is_weaker=True)], FRENCH)["rows"][0]["name"] == "Sombres"


def test_a_subgroup_has_its_figures_and_its_sentence_only_where_it_is_shown_to_be_harder():
    values = {"pictures": 40, "right": 20, "accuracy": 0.5, "interval": (0.35, 0.65), "rest_pictures": 60,
              "rest_accuracy": 0.9, "difference": -0.4, "p_value": 0.001, "macro_f1": 0.485}  # fmt: skip
    hard = Subgroup(name="hard", is_weaker=True, **values)
    unnamed = Subgroup(name="", is_weaker=False, **values)
    shown = show_subgroups([hard, unnamed], ENGLISH)
    assert shown["sentences"] == [
        "Pictures of the sub-group “hard” are harder: 50\u00a0% right, 90\u00a0% of the others."
    ]
    assert [(row["name"], row["pictures"], row["macro_f1"]) for row in shown["rows"]] == [
        ("hard", "40", "0.48"),
        ("without a sub-group", "40", "0.48"),
    ]
    assert show_subgroups([unnamed], FRENCH)["rows"][0]["name"] == "sans sous-groupe"
