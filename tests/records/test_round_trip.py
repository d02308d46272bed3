"""Every record that is a file of its own is written and read without loss, and a file that is not one is named."""

import importlib
import json
import pkgutil
from pathlib import Path

import pytest

from tests.records.examples import make_environment, make_metrics
from vitrine import records
from vitrine.errors import UserError
from vitrine.records.comparison import ComparisonFigures
from vitrine.records.cost import Cost
from vitrine.records.environment import Environment
from vitrine.records.evaluation import Evaluation
from vitrine.records.findings import Finding, read_findings, write_findings
from vitrine.records.manifest import COLUMNS, as_manifest, read_manifest, write_manifest
from vitrine.records.model import ModelMetadata
from vitrine.records.prepared import PreparedFacts
from vitrine.records.run import Metrics
from vitrine.records.schema import FileRecord
from vitrine.records.search import SearchResult

GOLDEN = Path(__file__).parents[1] / "golden"
RUN = GOLDEN / "runs/colours/2026-11-28_15-16-41"
EXAMPLES = {
    ComparisonFigures: lambda: ComparisonFigures.read(GOLDEN / "runs/compare/comparison.json"),
    Cost: lambda: Cost(identity="a" * 64, variant="plain", seed=1, fold=None, seconds=1.5),
    Environment: make_environment,
    Evaluation: lambda: Evaluation.read(GOLDEN / "evaluation.json"),
    Metrics: make_metrics,
    ModelMetadata: lambda: ModelMetadata.read(RUN / "model/vitrine.json"),
    PreparedFacts: lambda: PreparedFacts.read(GOLDEN / "prepared/colours/prepared.json"),
    SearchResult: lambda: SearchResult.read(GOLDEN / "runs/search/search/search.json"),
}


def file_records():
    """All of them, wherever below `vitrine.records` they are defined."""
    for module in pkgutil.iter_modules(records.__path__, "vitrine.records."):
        importlib.import_module(module.name)
    return sorted(FileRecord.__subclasses__(), key=lambda record: record.__name__)


@pytest.mark.parametrize("record", file_records(), ids=lambda record: record.__name__)
def test_a_record_is_read_as_it_was_written(record, tmp_path):
    assert record in EXAMPLES, f"{record.__name__} is a file of its own: add an example to this test"
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


def test_a_model_of_a_later_version_is_read_without_what_is_not_known(tmp_path):
    path, metadata = tmp_path / "vitrine.json", EXAMPLES[ModelMetadata]()
    path.write_text(json.dumps(json.loads(metadata.model_dump_json()) | {"energy": 3}))
    assert ModelMetadata.read(path) == metadata


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"metrics\.json is missing; train again"):
        Metrics.read(tmp_path / "metrics.json")


def test_findings_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "findings.json"
    found = [
        Finding(name="a", title="“A” é", count=1, noun="class", rows=(3, 1), done="x", advice="y", groups=((3, 1),)),
        Finding(name="b", title="B", count=0, noun="file", rows=(), done="x", advice="y", remarks=("why",)),
    ]
    write_findings(path, found)
    assert read_findings(path) == found
    path.write_text('[{"name": "a"}]')
    with pytest.raises(UserError, match=r"findings\.json is not as this version writes it; run python data_prep"):
        read_findings(path)


def make_manifest():
    row = {"file": "é/1.png", "status": "kept", "compared": True, "contrast": 1.5, "sha256": "NA"}
    empty = {"string": "", "bool": False, "float32": 0.0}
    return as_manifest(
        {name: [row.get(name, empty.get(kind, 0)), empty.get(kind, 0)] for name, kind in COLUMNS.items()}
    )


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    manifest = make_manifest()
    write_manifest(manifest, tmp_path / "manifest.parquet")
    read = read_manifest(tmp_path)
    assert read.equals(manifest)
    assert {name: str(kind) for name, kind in read.dtypes.items()} == COLUMNS


def test_a_manifest_of_another_version_is_named(tmp_path):
    path = tmp_path / "manifest.parquet"
    with pytest.raises(UserError, match=r"is missing; run python data_prep"):
        read_manifest(tmp_path)
    make_manifest().drop(columns="fold").to_parquet(path)
    with pytest.raises(UserError, match=r"another version of Vitrine wrote it \(the column fold is missing"):
        read_manifest(tmp_path)
    make_manifest().assign(camera="x").to_parquet(path)
    with pytest.raises(
        UserError, match=r"a later version of Vitrine wrote it \(this one does not know the column camera"
    ):
        read_manifest(tmp_path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=r"is damaged; run python data_prep"):
        read_manifest(tmp_path)
