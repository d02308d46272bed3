"""From the names of a source to the labels of the model: every file keeps its place, rules that miss are named."""

from pathlib import Path

import pytest

from vitrine.config.data import LabelsSection
from vitrine.config.loading import load_recipe
from vitrine.data.labels.mapping import LabelMapping, describe_mapping, hidden_characters, look_alikes, map_labels
from vitrine.data.sources.files import FoundFile
from vitrine.errors import UserError


def files(*label_names, left_out=""):
    return [FoundFile(Path(f"{n}.png"), f"{n}.png", name, "", left_out) for n, name in enumerate(label_names)]


def result(found, **rules):
    return [(file.label_name, file.left_out) for file in map_labels(found, LabelsSection(**rules)).files]


PETS = files("cat", "dog", "bird", "dog")


def test_without_rules_everything_stays_as_it_is():
    mapped = map_labels(PETS, LabelsSection())
    assert list(mapped.files) == PETS
    assert [(way.source_label, way.label_name, way.files) for way in mapped.mapping] == [
        ("bird", "bird", 1), ("cat", "cat", 1), ("dog", "dog", 2),
    ]  # fmt: skip
    assert describe_mapping(mapped.mapping) == []


def test_the_first_level_of_a_category_tree_is_taken_and_what_does_not_match_is_left_out():
    found = files(
        '["Home Furnishing >> Curtains & More >> Curtains"]', '["Home Furnishing >> Bed"]', '["Watches"]', "?"
    )
    assert result(found, pattern=r'^\["(.+?) >>') == [
        ("Home Furnishing", ""),
        ("Home Furnishing", ""),
        ("", "its label does not match labels.pattern"),
        ("", "its label does not match labels.pattern"),
    ]


def test_a_pattern_whose_group_is_empty_does_not_match():
    assert result(files("a-1", "-2", "3"), pattern="^(?:(.*)-)?") == [
        ("a", ""), ("", "its label does not match labels.pattern"), ("", "its label does not match labels.pattern"),
    ]  # fmt: skip


def test_classes_are_left_out_renamed_and_merged():
    assert result(PETS, leave_out=["bird"], rename={"cat": "pet", "dog": "pet"}) == [
        ("pet", ""), ("pet", ""), ("", "class left out by the recipe"), ("pet", ""),
    ]  # fmt: skip


def test_new_names_are_given_at_once_so_that_two_can_be_exchanged():
    assert [name for name, _ in result(PETS, rename={"cat": "dog", "dog": "cat"})] == ["dog", "cat", "bird", "cat"]


def test_a_target_stands_against_the_rest_of_what_is_used():
    assert result(PETS, target="dog", leave_out=["bird"]) == [
        ("other", ""), ("dog", ""), ("", "class left out by the recipe"), ("dog", ""),
    ]  # fmt: skip
    assert [name for name, _ in result(PETS, rename={"dog": "hound"}, target="hound", rest="no hound")] == [
        "no hound", "hound", "no hound", "hound",
    ]  # fmt: skip


def test_rules_of_pattern_and_names_follow_each_other():
    found = files("x/cat", "x/dog", "x/bird")
    rules = {"pattern": "/(.*)", "leave_out": ["bird"], "rename": {"cat": "pet"}, "target": "pet"}
    assert result(found, **rules) == [("pet", ""), ("other", ""), ("", "class left out by the recipe")]


def test_files_without_label_and_reasons_that_were_there_stay():
    found = [*files("", left_out="hidden file"), *files("cat", left_out="two labels in the table"), *PETS]
    mapped = map_labels(found, LabelsSection(leave_out=("cat",)))
    assert [(file.label_name, file.left_out) for file in mapped.files[:3]] == [
        ("", "hidden file"), ("", "two labels in the table"), ("", "class left out by the recipe"),
    ]  # fmt: skip
    assert len(mapped.files) == len(found)
    assert LabelMapping("cat", "", 1, "class left out by the recipe") in mapped.mapping, "files that are used only"


def test_of_a_thousand_renamed_classes_the_sentences_tell_a_few():
    found = files(*(f"{number:04d} a.png" for number in range(1000)))
    told = describe_mapping(map_labels(found, LabelsSection(pattern=r"(\d+)")).mapping)
    assert told[0] == "Class '0000': 1 file that the source calls '0000 a.png'."
    assert told[20:] == ["980 more classes are called otherwise in the source; manifest.csv has all."]


def test_the_mapping_can_be_told_in_sentences():
    found = files("cat", "dog", "bird", "a", "b", "c", "d", "e", "f")
    rules = LabelsSection(leave_out=("bird",), rename={"cat": "tom"} | dict.fromkeys("abcdef", "letter"))
    assert describe_mapping(map_labels(found, rules).mapping) == [
        "Class 'letter': 6 files that the source calls 'a', 'b', 'c', 'd' and 2 more.",
        "Left out (class left out by the recipe): 1 file that the source calls 'bird'.",
        "Class 'tom': 1 file that the source calls 'cat'.",
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"leave_out": ["brid"]}, r"labels\.leave_out: there is no class 'brid'; did you mean 'bird'\?"),
        ({"rename": {"Cat": "x"}}, r"labels\.rename: there is no class 'Cat'; did you mean 'cat'\?"),
        ({"target": "xyz"}, r"labels\.target: there is no class 'xyz'; there are 'bird', 'cat', 'dog'"),
        ({"target": "bird", "leave_out": ["bird"]}, r"labels\.target: there is no class 'bird'.* 'cat', 'dog'"),
        ({"target": "dog", "rest": "dog"}, r"labels\.rest: must differ from labels\.target \(got 'dog' for both\)"),
        ({"rename": {"cat": "x"}, "leave_out": ["cat"]}, r"labels\.rename: 'cat' is also in labels\.leave_out"),
        ({"rename": {"cat": " "}}, r"labels\.rename: the new name of 'cat' is empty"),
        ({"pattern": "("}, r"labels\.pattern: '\(' is not a regular expression: missing \)"),
        ({"pattern": "a"}, r"labels\.pattern: 'a' has no group; put brackets"),
        ({"pattern": "(x)"}, r"labels\.pattern: '\(x\)' matches none of the 3 labels .*, for example 'bird'"),
    ],
)  # fmt: skip
def test_rules_that_miss_are_named(rules, message):
    with pytest.raises(UserError, match=message):
        map_labels(PETS, LabelsSection(**rules))


@pytest.mark.parametrize(
    "names",
    [
        ("Cat", "cat"), ("cat", "cat "), ("Äpfel", "apfel"), ("a\u0308", "\u00e4"),
        ("hot dog", "hot_dog", "hot-dog", "hotdog"),
        ("Straße", "STRASSE"), ("dog 1", "dog1"), ("\uff43at", "cat"), ("a  b", "a b"),
    ],
)  # fmt: skip
def test_names_that_look_alike_are_reported(names):
    (note,) = look_alikes([*names, "something else"])
    assert all(repr(name) in note for name in names)
    assert "something else" not in note


def test_names_that_print_alike_are_shown_with_what_differs():
    (note,) = look_alikes(["K\u00e4se", "Ka\u0308se", "cat"])
    assert "[U+0061 U+0308] and 'K\u00e4se' [U+00E4] print alike" in note
    (note,) = look_alikes(["cat", "\u0441at"])
    assert "'cat' [U+0063] and '\u0441at' [U+0441] print alike" in note


@pytest.mark.parametrize(
    "names", [("K\u00e4se", "Ka\u0308se"), ("cat", "\u0441at"), ("big cat", "big\u00a0cat", "big cat ")]
)
def test_the_advice_for_names_that_print_alike_makes_them_one_class(names):
    (note,) = look_alikes(names)
    recipe = load_recipe(None, [note[note.index("labels.rename=") :].removesuffix(".")])
    found = [file for name in names for file in files(name)]
    assert len({file.label_name for file in map_labels(found, recipe.labels).files}) == 1


def test_a_name_that_turns_the_text_around_is_said_and_the_advice_frees_it():
    name = "cat\u202egod"
    (note,) = hidden_characters([name, "K\u00e4se", "dog"])
    assert "\u202e" not in note
    recipe = load_recipe(None, [note[note.index("labels.rename=") :].removesuffix(".")])
    assert [file.label_name for file in map_labels(files(name), recipe.labels).files] == ["catgod"]


def test_rules_find_classes_whose_accents_are_stored_otherwise():
    found = [*files("Ka\u0308se"), *files("\u00c9t\u00e9"), *files("cat")]
    rules = LabelsSection(rename={"K\u00e4se": "cheese"}, leave_out=["E\u0301te\u0301"])
    mapped = map_labels(found, rules)
    assert {file.label_name for file in mapped.files if not file.left_out} == {"cheese", "cat"}
    assert map_labels(found, LabelsSection(target="K\u00e4se")).files[0].label_name == "Ka\u0308se"


@pytest.mark.parametrize(
    "names",
    [("cat", "cats"), ("1-1", "11"), ("1 0", "10"), ("-1", "1"), ("か", "が"), ("कल", "काल"), ("", "cat"), ("o", "0")],
)
def test_names_that_differ_for_people_are_not_reported(names):
    assert look_alikes(names) == []
