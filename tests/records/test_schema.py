"""Every record that is a file of its own is written and read without loss, and a file that is not one is named."""

import importlib
import json
import pkgutil
from typing import ClassVar

import pytest

from tests.records.examples import EXAMPLES, faults_of, make_environment
from vitrine import records
from vitrine.errors import UserError
from vitrine.records.environment import Environment
from vitrine.records.run import Metrics
from vitrine.records.schema import FileRecord, OpenRecord, Record, SealedRecord


def file_records():
    """All of them, wherever below `vitrine.records` they are defined."""
    for module in pkgutil.iter_modules(records.__path__, "vitrine.records."):
        importlib.import_module(module.name)
    children = [*FileRecord.__subclasses__(), *SealedRecord.__subclasses__()]
    found = [one for one in children if one is not SealedRecord and one.__module__.startswith(records.__name__)]
    return sorted(found, key=lambda record: record.__name__)


@pytest.mark.parametrize("record", file_records(), ids=lambda record: record.__name__)
def test_a_record_is_read_as_it_was_written(record, tmp_path):
    assert record in EXAMPLES, f"{record.__name__} is a file of its own: add an example to EXAMPLES"
    path, written = tmp_path / "record.json", EXAMPLES[record]()
    written.write(path)
    assert record.read(path) == written
    assert json.loads(path.read_bytes())["format"] == record.newest_format
    first = path.read_bytes()
    record.read(path).write(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("record", file_records(), ids=lambda record: record.__name__)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "the file is damaged"),
        (lambda text: "[1, 2]", "this is not "),
        (lambda text: '{"version": 3, "name": "of another program"}', "this is not "),
        (lambda text: json.dumps(json.loads(text) | {"format": 99}), "a later version of Vitrine wrote it (format 99"),
        (lambda text: json.dumps(json.loads(text) | {"format": 0}), "an earlier version of Vitrine wrote it (format 0"),
    ],
    ids=["damaged", "a list", "foreign", "later", "earlier"],
)
def test_a_file_that_is_not_one_is_named_with_what_to_do(record, change, message, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(change(EXAMPLES[record]().model_dump_json()))
    with pytest.raises(UserError) as error:
        record.read(path)
    said = str(error.value)
    assert said.startswith(f"{path}: {message}")
    assert said.endswith(record.remedy) or "update Vitrine" in said


def test_a_missing_field_and_an_unknown_one_tell_an_earlier_version_from_a_later_one(tmp_path):
    path, content = tmp_path / "environment.json", json.loads(make_environment().model_dump_json())
    path.write_text(json.dumps(content | {"energy": 3}))
    with pytest.raises(UserError, match=r"a later version of Vitrine wrote it \(this one does not know energy"):
        Environment.read(path)
    del content["device"]
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"an earlier version of Vitrine wrote it \(device is missing"):
        Environment.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"metrics\.json is missing; train again"):
        Metrics.read(tmp_path / "metrics.json")


class Measured(Record):
    """A record one of whose fields had another name."""

    renamed_fields: ClassVar = {"breadth": "width"}

    width: float
    height: float = 1.0


class Extended(OpenRecord):
    """A record that later versions may add to."""

    width: float


class Stored(FileRecord):
    """A small file."""

    title = "the size of a thing"
    remedy = "measure again"

    width: int
    height: int
    depth: int
    weight: int


def test_the_first_name_of_a_field_is_read_as_todays_name():
    assert Measured.model_validate({"breadth": 2}) == Measured(width=2)
    assert Measured.model_validate_json('{"breadth": 2, "height": 3}') == Measured(width=2, height=3)
    assert set(Measured(width=2).model_dump()) == {"width", "height"}


def test_unknown_fields_and_figures_that_are_not_numbers_are_refused_and_nothing_changes_later():
    assert faults_of(Measured(width=2), depth=1) == {"depth": "extra_forbidden"}
    assert faults_of(Measured(width=2), width=float("nan")) == {"width": "finite_number"}
    assert faults_of(Measured(width=2), width="wide") == {"width": "float_parsing"}
    with pytest.raises(ValueError, match="frozen"):
        Measured(width=2).width = 3


def test_an_open_record_passes_over_what_it_does_not_know():
    assert Extended.model_validate({"width": 2, "depth": 1}) == Extended(width=2)


def test_three_faults_of_a_file_are_named_and_the_others_counted():
    with pytest.raises(UserError) as error:
        Stored.parse('{"width": "a", "height": 1.5, "depth": null, "weight": "b"}', "size.json")
    said = str(error.value)
    assert said.startswith("size.json: width: Input should be a valid integer")
    assert "; height: " in said
    assert "; depth: " in said
    assert "weight" not in said
    assert said.endswith(" and 1 more; measure again")


def test_what_cannot_be_opened_is_named_with_the_systems_reason(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\); measure again"):
        Stored.read(tmp_path)
