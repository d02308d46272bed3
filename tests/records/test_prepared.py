"""What is written down about a prepared data set, and which of its settings decide what is in it."""

import pytest

from tests.records.examples import EXAMPLES, GOLDEN
from vitrine.config.data import DataSection, LabelsSection
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts, Settings, read_facts


def test_facts_of_an_earlier_build_are_read():
    facts = read_facts(GOLDEN / "prepared/colours")
    assert facts.label_names == ["blau é", "red", "vert <b>"]
    assert facts.files_found == facts.files_kept + facts.files_quarantined + facts.files_left_out
    assert sum(sum(labels.values()) for labels in facts.counts.values()) == facts.files_kept


def test_a_folder_without_facts_is_named_with_the_command_that_makes_them(tmp_path):
    with pytest.raises(UserError, match=r"is not a prepared data set \(no prepared\.json\); run `.*prepare`"):
        read_facts(tmp_path)


def test_facts_of_another_format_are_named(tmp_path):
    facts = EXAMPLES[PreparedFacts]()
    (tmp_path / FACTS).write_text(facts.model_dump_json().replace('"format":2', '"format":1', 1))
    with pytest.raises(UserError, match=r"an earlier version of Vitrine wrote it \(format 1, this one reads 2\)"):
        read_facts(tmp_path)


def test_every_parameter_that_decides_the_content_has_its_dotted_name():
    content = Settings(
        data=DataSection(source="a", image_size=64), labels=LabelsSection(rename={"cat": "pet"})
    ).content()
    assert content["data.image_size"] == 64
    assert content["data.columns.image"] is None
    assert content["labels.rename"] == {"cat": "pet"}, "names of classes are no names of parameters"
    assert content["checks.copies"] == "together"


def test_where_a_data_set_lies_and_what_each_training_chooses_are_not_its_content():
    plain = Settings(data=DataSection(source="a", folds=4))
    moved = Settings(data=DataSection(source="a", folds=4, fold=3, prepared="b", keep_split="c"))
    assert moved.content() == plain.content()
    assert Settings(data=DataSection(source="a", folds=5)).content() != plain.content()


def test_a_data_set_of_an_earlier_build_took_its_pictures_colors_as_they_stood():
    earlier = read_facts(GOLDEN / "prepared/colours").settings
    assert earlier.preparation.color_profiles == "ignore"
    assert "color_profiles" not in earlier.pixel_values(), "its version stays what it was"
    today = Settings(data=DataSection(source="a"))
    assert (today.preparation.color_profiles, today.pixel_values()["color_profiles"]) == ("apply", "apply")
    assert Settings.model_validate_json(today.model_dump_json()) == today
