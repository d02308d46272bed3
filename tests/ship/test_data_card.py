"""The card of a prepared data set."""

import json

import datasets
import pytest
import yaml
from PIL import Image

from tests.data.trees import prepare
from vitrine.config.data import LabelsSection, PreparationSection
from vitrine.records.manifest import read_unused
from vitrine.records.prepared import Settings
from vitrine.ship.data_card import (
    columns_of,
    hash_file,
    hash_splits,
    make_public,
    merge_cards,
    read_head,
    render_data_card,
    write_data_card,
)


@pytest.fixture
def prepared(make_class_folders):
    source = make_class_folders({"cat | <b>": 5, "dog": 7})
    (source / "dog" / "broken_1.png").write_text("no picture")
    (source / "dog" / "notes.txt").touch()
    return prepare(source)


def render(prepared, **changes):
    return render_data_card(
        prepared.facts, read_unused(prepared.folder, ("reason",)), "a" * 64, {"train": "b" * 64}, **changes
    )  # fmt: skip


def test_the_card_counts_every_class_in_every_split_and_every_file(prepared):
    card = render(prepared)
    assert "| class | train | validation | test | all |\n|---|--:|--:|--:|--:|\n" in card
    assert "| cat \\| &lt;b&gt; | 3 | 1 | 1 | 5 |\n| dog | 5 | 1 | 1 | 7 |\n| **all** | 8 | 2 | 2 | 12 |\n" in card
    assert "14 files found = 12 used + 1 unreadable + 1 left out." in card
    assert "| a text, not a picture; get the picture again | 1 |" in card
    assert "| not a picture (.txt) | 1 |" in card


def test_the_card_tells_what_is_not_there_from_what_cannot_be_read(prepared):
    facts = prepared.facts.model_copy(update={"files_quarantined": 3, "files_missing": 2, "files_found": 16})
    card = render_data_card(facts, read_unused(prepared.folder, ("reason",)), "a" * 64, {"train": "b" * 64})
    assert "16 files found = 12 used + 2 not there + 1 unreadable + 1 left out." in card


def test_the_card_has_source_settings_hashes_and_no_blank(prepared):
    card = render(prepared)
    assert "`pictures`. Licence of the pictures: unknown." in card
    assert "| `data.image_size` | 16 |" in card
    assert f"| manifest.parquet | `{'a' * 64}` |" in card
    assert f"| train | `{'b' * 64}` |" in card
    for blank in ("None", "null", "[]", "{}", "information needed", "{{"):
        assert blank not in card
    assert "## Notes" not in card


def test_nothing_of_this_machine_is_told(prepared, tmp_path):
    folder = str(tmp_path)
    facts = prepared.facts.model_copy(update={"notes": [f"In {prepared.facts.source} a class is small."]})
    data = facts.settings.data.model_copy(
        update={"prepared": f"{folder}/p", "image_folder": f"{folder}/images", "keep_split": f"{folder}/old.csv"}
    )
    facts = facts.model_copy(update={"settings": facts.settings.model_copy(update={"data": data})})
    assert folder in facts.model_dump_json()
    public = make_public(facts)
    assert folder not in public.model_dump_json()
    assert public.notes == ["In pictures a class is small."]
    assert folder not in render_data_card(facts, read_unused(prepared.folder, ("reason",)), "a" * 64, {})
    assert public.counts == facts.counts


@pytest.mark.parametrize("source", ["hub:ann/birds", "builtin:digits"])
def test_public_sources_keep_their_whole_name(prepared, source):
    assert make_public(prepared.facts.model_copy(update={"source": source})).source == source


def test_settings_that_were_chosen_are_shown(prepared):
    settings = Settings(
        data=prepared.facts.settings.data,
        labels=LabelsSection(rename={"a": "b"}, leave_out=("x",)),
        preparation=PreparationSection(steps=("equalize", "crop_centre")),
    )
    facts = prepared.facts.model_copy(update={"settings": settings})
    card = render_data_card(facts, read_unused(prepared.folder, ("reason",)), "a" * 64, {})
    assert "| equalize, crop\\_centre |" in card
    assert "| a: b |" in card
    assert "| `labels.leave_out` | x |" in card


def test_the_head_is_what_the_hub_reads(prepared):
    head = read_head(render(prepared, license_id="cc-by-4.0", repo_id="ann/birds"))
    assert head == {
        "license": "cc-by-4.0", "pretty_name": "pictures", "tags": ["vitrine"],
        "task_categories": ["image-classification"], "size_categories": ["n<1K"],
    }  # fmt: skip


def test_the_card_says_how_to_load_it_here_and_there(prepared):
    assert 'splits = datasets.load_dataset("ann/birds")' in render(prepared, repo_id="ann/birds")
    assert 'splits = datasets.load_dataset(".")' in render(prepared)


def test_merging_keeps_what_datasets_wrote_and_puts_our_text(prepared):
    theirs = (
        "---\nlicense: mit\nlanguage: de\ndataset_info:\n  features: []\nconfigs:\n- config_name: default\n---\n# Old\n"
    )
    merged = merge_cards(render(prepared, license_id="cc0-1.0", repo_id="ann/birds"), theirs)
    head = yaml.safe_load(merged.split("---\n")[1])
    assert head["license"] == "cc0-1.0"
    assert head["language"] == "de"
    assert head["dataset_info"] == {"features": []}
    assert head["configs"] == [{"config_name": "default"}]
    assert "# Old" not in merged
    assert merged.count("# pictures") == 1


def test_hashes_follow_pixels_names_and_classes_not_the_format_of_storage(prepared):
    before = hash_splits(prepared.splits)
    assert set(before) == {"train", "validation", "test"}
    again = prepared.splits.map(lambda row: {"image": row["image"].copy()})  # stored anew, as PNG
    assert hash_splits(again) == before

    def change(row, index):
        return {"image": Image.eval(row["image"], lambda level: level ^ (index == 0))}

    other = datasets.DatasetDict(prepared.splits | {"train": prepared.splits["train"].map(change, with_indices=True)})
    assert hash_splits(other)["train"] != before["train"]
    assert hash_splits(other)["test"] == before["test"]
    renamed = prepared.splits["test"].map(lambda row: {"file": f"x{row['file']}"})
    assert hash_splits(datasets.DatasetDict(test=renamed))["test"] != before["test"]


def test_the_folder_gets_a_card_by_which_datasets_opens_it_without_vitrine(prepared, tmp_path):
    write_data_card(prepared, read_unused(prepared.folder, ("reason",)))
    card = (prepared.folder / "README.md").read_text(encoding="utf-8")
    assert hash_file(prepared.folder / "manifest.parquet") in card
    opened = datasets.load_dataset(str(prepared.folder), cache_dir=str(tmp_path / "cache"))
    assert {name: split["file"][:] for name, split in opened.items()} == {
        name: split["file"][:] for name, split in prepared.splits.items()
    }
    assert opened["train"].features["label"].names == list(prepared.label_names)
    assert opened["test"][0]["image"].tobytes() == prepared.splits["test"][0]["image"].tobytes()
    streamed = datasets.load_dataset(str(prepared.folder), cache_dir=str(tmp_path / "cache"), streaming=True)
    assert [row["file"] for row in streamed["train"]] == prepared.splits["train"]["file"][:]
    assert json.dumps(columns_of(prepared.splits)) == '["image", "label", "file", "width", "height"]'


def test_pictures_for_the_gate_are_a_split_of_the_card(make_class_folders):
    prepared = prepare(make_class_folders({"cat": 10, "dog": 10}), gate_fraction=0.2)
    write_data_card(prepared, read_unused(prepared.folder, ("reason",)))
    card = (prepared.folder / "README.md").read_text("utf-8")
    assert "divided into train, validation, test and gate" in card
    assert "| class | train | validation | test | gate | all |" in card
    files = yaml.safe_load(card.split("---")[1])["configs"][0]["data_files"]
    assert [one["split"] for one in files] == ["train", "validation", "test", "gate"]
