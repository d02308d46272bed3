"""What a model folder says: models travel, so that earlier names and later fields are read too."""

import json

from tests.records.examples import EXAMPLES, RUN, faults_of
from vitrine.records.model import METADATA, Example, ModelMetadata, Trust


def test_a_model_of_a_later_version_is_read_without_what_is_not_known(tmp_path):
    path, metadata = tmp_path / "vitrine.json", EXAMPLES[ModelMetadata]()
    path.write_text(json.dumps(json.loads(metadata.model_dump_json()) | {"energy": 3}))
    assert ModelMetadata.read(path) == metadata


def test_what_a_model_of_an_earlier_build_says_is_read():
    metadata = ModelMetadata.read(RUN / "model" / METADATA)
    assert metadata.label_names == ["blau é", "red", "vert <b>"]
    assert (metadata.training_pictures, metadata.test_pictures, metadata.test_accuracy) == (36, 18, 1.0)
    assert metadata.examples[0] == Example(file="examples/000.png", label_name="blau é", prepared=True)
    assert metadata.recipe["name"] == "colours"


def test_thresholds_are_read_under_their_first_names_and_beside_later_ones():
    first = {"precision": 0.9, "confidence_threshold": 0.7, "familiarity_threshold": 0.4, "neighbours": 5, "energy": 1}
    trust = Trust.model_validate(first)
    assert trust == Trust(precision=0.9, confidence_threshold=0.7, similarity_threshold=0.4, neighbors=5)
    assert (trust.temperature, trust.in_weights) == (1.0, True)


def test_a_model_without_thresholds_always_answers():
    metadata = EXAMPLES[ModelMetadata]()
    content = metadata.model_dump(mode="json")
    del content["trust"]
    assert ModelMetadata.model_validate(content).trust is None


def test_figures_that_no_test_gives_are_refused():
    assert faults_of(EXAMPLES[ModelMetadata](), test_accuracy=1.2, test_pictures=-1) == {
        "test_accuracy": "less_than_equal",
        "test_pictures": "greater_than_equal",
    }
