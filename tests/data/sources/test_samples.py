"""Pictures for pages: those that a person names, or a few of each class."""

import pytest
from PIL import Image

from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.sources.samples import choose_samples, open_given
from vitrine.errors import UserError

PLAIN = Preparation()


@pytest.fixture
def choose(tmp_path):
    """Samples of a folder, as (file, class)."""

    def choose(source, per_class, at_most, **labels):
        workspace = tmp_path / "workspace"
        workspace.mkdir(exist_ok=True)
        data = DataSection(source=str(source))
        samples = choose_samples(data, LabelsSection(**labels), PLAIN, workspace, per_class, at_most)
        return [(sample.name, sample.label_name) for sample in samples]

    return choose


def test_named_pictures_are_opened_in_their_order_on_the_color_of_the_preparation(tmp_path):
    for name in ("b.png", "a.png"):
        Image.new("RGBA", (6, 4), (0, 0, 0, 0)).save(tmp_path / name)
    samples = open_given([tmp_path / "b.png", tmp_path / "a.png"], 1, Preparation(fill_color="black"))
    assert [(sample.name, sample.label_name) for sample in samples] == [("b.png", ""), ("a.png", "")]
    assert samples[0].picture.getpixel((0, 0)) == (0, 0, 0)


def test_a_named_picture_that_cannot_be_shown_is_named_with_its_reason(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(
        UserError, match=r"--pictures: .*text\.png cannot be shown: a text, not a picture; get the picture again"
    ):
        open_given([tmp_path / "text.png"], 1, PLAIN)


def test_the_first_sound_pictures_of_each_class_are_taken(make_class_folders, choose):
    source = make_class_folders({"cat": 4, "dog": 1})
    (source / "cat/000.png").write_text("no picture")
    assert choose(source, per_class=2, at_most=10) == [
        ("cat/001.png", "cat"),
        ("cat/002.png", "cat"),
        ("dog/000.png", "dog"),
    ]
    assert choose(source, per_class=1, at_most=10, rename={"dog": "ant"}) == [
        ("dog/000.png", "ant"),
        ("cat/001.png", "cat"),
    ]


def test_many_classes_get_fewer_pictures_and_too_many_are_spread_from_first_to_last(make_class_folders, choose):
    source = make_class_folders(dict.fromkeys("abcde", 3))
    assert [label for _, label in choose(source, per_class=3, at_most=10)] == [
        "a",
        "a",
        "b",
        "b",
        "c",
        "c",
        "d",
        "d",
        "e",
        "e",
    ]
    assert [label for _, label in choose(source, per_class=3, at_most=3)] == ["a", "c", "e"]
    assert [label for _, label in choose(source, per_class=3, at_most=1)] == ["a"]


def test_a_source_without_a_picture_that_can_be_shown_is_named(make_class_folders, choose):
    source = make_class_folders({"cat": 1, "dog": 1})
    for path in source.glob("*/*.png"):
        path.write_text("no picture")
    with pytest.raises(
        UserError, match=r"data\.source: .* has no picture that can be shown; give some with --pictures"
    ):
        choose(source, per_class=1, at_most=4)
