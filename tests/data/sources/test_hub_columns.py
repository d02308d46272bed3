"""Which columns of a data set are meant, and how their values read."""

from pathlib import Path

import datasets
import pytest

from tests.data.sources.hub_sets import encode, find, make_dataset, save_parquet
from vitrine.config.data import ColumnsSection
from vitrine.data.sources.hub_columns import DatasetColumns, choose_columns, value_reader
from vitrine.errors import UserError

IMAGE, TEXT, CLASS = datasets.Image(), datasets.Value("string"), datasets.ClassLabel(names=["cat", "dog"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a/b", "c\nd", None], ["a/b", "c\\nd", ""]),
        ([3, 4, None], ["3", "4", ""]),
        ([True, False, None], ["True", "False", ""]),
        ([0.0, 1.0, None], ["0", "1", ""]),  # integers and a null, as pandas stores them
        ([2.0, 1.0, float("nan")], ["2", "1", ""]),
    ],
)
def test_classes_may_be_texts_numbers_or_truths(tmp_path, values, expected):
    pictures = [{"bytes": encode(number), "path": None} for number in range(3)]
    save_parquet(tmp_path / "s", dataset=datasets.Dataset.from_dict({"image": pictures, "label": values}))
    found = find(tmp_path / "s", tmp_path)
    assert [file.label_name for file in found] == expected
    assert found[2].left_out == "no label in the row"
    assert not Path(found[2].path).exists()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"image": "imgae"},
            r"data\.columns\.image: .* has no column 'imgae'; did you mean 'image'\? It has image \(Image\), ",
        ),
        ({"image": "IMAGES"}, r"has no column 'IMAGES'; did you mean 'image'\?"),
        ({"label": "zzz"}, r"data\.columns\.label: .* has no column 'zzz'\. It has .*label \(ClassLabel\)"),
        ({"image": "score"}, r"the column 'score' .* holds no pictures \(float64\)"),
        ({"label": "score"}, r"the column 'score' .* does not hold one class for each picture \(float64, "),
    ],
)
def test_wrong_columns_are_named_with_those_that_there_are(tmp_path, columns, message):
    make_dataset().add_column("score", [0.1, 0.2, 0.3]).save_to_disk(tmp_path / "s")
    with pytest.raises(UserError, match=message):
        find(tmp_path / "s", tmp_path, columns=ColumnsSection(**columns))


def test_columns_with_other_names_are_found_by_what_they_hold(tmp_path):
    make_dataset().rename_columns({"image": "photo", "label": "species"}).save_to_disk(tmp_path / "s")
    assert [file.label_name for file in find(tmp_path / "s", tmp_path)] == ["cat", "dog", "cat"]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"image": IMAGE, "label": CLASS}, DatasetColumns("image", "label", None, None)),
        (
            {"photo": IMAGE, "kind": CLASS, "split": TEXT, "group": TEXT},
            DatasetColumns("photo", "kind", "split", "group"),
        ),
        ({"image": TEXT, "category": TEXT}, DatasetColumns("image", "category", None, None)),
        ({"image": IMAGE, "label": TEXT, "class": CLASS}, DatasetColumns("image", "class", None, None)),
        ({"image": IMAGE, "label": CLASS, "split": IMAGE}, DatasetColumns("image", "label", None, None)),
    ],
)
def test_columns_are_found_by_type_first_and_by_usual_name_then(features, expected):
    columns = choose_columns(datasets.Features(features), ColumnsSection(), "pets")
    assert columns == expected
    assert columns.names() == [
        name for name in (expected.image, expected.label, expected.split, expected.group) if name
    ]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"a": IMAGE, "b": IMAGE, "label": CLASS}, r"columns\.image: pets has several columns of pictures \(a, b\)"),
        ({"a": TEXT, "label": CLASS}, r"columns\.image: pets has no column of pictures .* it has a \(string\), label"),
        ({"image": IMAGE, "a": CLASS, "b": CLASS}, r"columns\.label: pets has several columns of classes \(a, b\)"),
        ({"image": IMAGE, "a": TEXT}, r"columns\.label: pets has no column of classes .* give the folder as data\.sou"),
    ],
)
def test_what_cannot_be_found_or_could_be_several_is_asked(features, message):
    with pytest.raises(UserError, match=message):
        choose_columns(datasets.Features(features), ColumnsSection(), "pets")


@pytest.mark.parametrize(
    ("feature", "value", "text"),
    [
        (CLASS, 1, "dog"),
        (CLASS, -1, ""),
        (CLASS, 2, ""),
        (CLASS, None, ""),
        (TEXT, " a\nb ", r"a\nb"),
        (TEXT, None, ""),
    ],
)
def test_a_value_reads_as_its_class_or_text_and_what_is_missing_as_nothing(feature, value, text):
    assert value_reader(feature, "label", "s")(value) == text
