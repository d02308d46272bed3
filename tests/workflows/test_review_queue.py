"""The queue: what checks and training found, once per picture, the most urgent first."""

import hashlib
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.data.trees import prepare
from tests.records.examples import make_metrics
from vitrine.config.data import ChecksSection, PreparationSection
from vitrine.corrections.judgment import Judgment
from vitrine.corrections.store import CorrectionStore
from vitrine.data.images.decoding import ImageError
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest
from vitrine.records.mistakes import LabelErrors, Mistakes, Suspect, TopLoss
from vitrine.workflows.review_queue import build_queue


@pytest.fixture
def source(make_class_folders):
    source = make_class_folders({"cat": 12, "dog": 12})
    shutil.copyfile(source / "cat/000.png", source / "dog/same.png")  # under two labels
    shutil.copyfile(source / "cat/001.png", source / "cat/same.png")
    return source


@pytest.fixture
def write_run(tmp_path):
    """A function that makes a run on a prepared data set."""

    def make(prepared, suspects=(), losses=(), predictions="file,label_name,predicted,probability,decision\n"):
        errors = LabelErrors(examined=(), not_examined=(), suspects=suspects, more=0)
        run = tmp_path / "run"
        run.mkdir()
        make_metrics(mistakes=Mistakes(pairs=(), top_losses=losses, label_errors=errors, slices=None)).write(
            run / "metrics.json"
        )
        (run / "recipe.yaml").write_text(f"name: x\ndata:\n  prepared: {prepared.folder}\n")
        (run / "predictions.csv").write_text(predictions)
        return run

    return make


def suspect(file, suspicion=0.9):
    return Suspect(file=file, split="train", label_name="cat", suggested="dog", suspicion=suspicion, probability=0.8)


def loss(file, predicted="dog"):
    return TopLoss(file=file, label_name="cat", predicted=predicted, probability=0.9, own_probability=0.1, loss=2.3)


def test_a_prepared_data_set_has_its_contradictions_with_their_copies_beside_them(source):
    prepared = prepare(source)
    queue = build_queue(prepared.folder)
    first, second = queue.pictures[:2]
    assert {first.file, second.file} == {"cat/000.png", "dog/same.png"}
    assert first.reasons == ("contradiction",)
    assert first.beside == (second.file,)
    hashes = dict(zip(read_manifest(prepared.folder)["file"], read_manifest(prepared.folder)["sha256"], strict=True))
    assert first.sha256 == second.sha256 == hashes[first.file]


def test_a_data_set_in_a_store_has_the_same_queue(source, put_in_store):
    folder = prepare(source).folder
    assert build_queue(Path(put_in_store(folder))).pictures == build_queue(folder).pictures


def test_what_was_left_out_of_the_data_set_is_opened_in_its_source_while_that_is_there(source):
    queue = build_queue(prepare(source).folder)
    assert queue.open_picture("cat/000.png").to_show.size == (24, 20)
    assert not queue.open_picture("cat/000.png").is_preprocessed
    (source / "cat/000.png").unlink()
    with pytest.raises(ImageError, match="it was left out of the data set"):
        queue.open_picture("cat/000.png")


def test_the_model_is_asked_about_what_it_knows_in_size_and_colors(source):
    prepared = prepare(source, training_size=24, preparation=PreparationSection(fill_color="grey"))
    queue = build_queue(prepared.folder)
    stored = {name: prepared.splits[name][0] for name in ("train", "test")}
    assert stored["train"]["image"].width == 24
    assert {queue.open_picture(row["file"]).image.size for row in stored.values()} == {(16, 16)}
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(source / "cat/000.png")  # left out, and changed since
    shown = queue.open_picture("cat/000.png").image
    assert shown.getpixel((0, 0)) not in ((255, 255, 255), (0, 0, 0))


def test_pictures_on_which_reviewers_differ_stand_first_and_open(source, tmp_path):
    store, content = CorrectionStore(tmp_path / "corrections"), (source / "dog/005.png").read_bytes()
    visitors = hashlib.sha256(content).hexdigest()
    outside = shutil.copyfile(source / "dog/005.png", tmp_path / "outside.png")
    for reviewer in ("ann", "bob"):
        store.add(Judgment(visitors, "label", reviewer, reviewer), content)
        store.add(Judgment("", "label", reviewer, reviewer, file="cat/004.png", label_name="bird"))
        store.add(Judgment("5" * 64, "label", reviewer, reviewer, file=str(outside), label_name="cat"))
    queue = build_queue(prepare(source).folder, store)
    kept, named, third = queue.pictures[:3]
    assert (kept.sha256, kept.file, kept.reasons) == (visitors, "", ())
    assert (named.file, named.label_name, third.reasons) == ("cat/004.png", "cat", ("contradiction",))
    assert str(outside) not in {picture.file for picture in queue.pictures}
    assert not queue.open_picture(kept.kept).is_preprocessed
    assert queue.open_picture(named.file).is_preprocessed


def test_a_run_adds_likely_wrong_labels_wrong_answers_and_unsure_ones(source, write_run):
    predictions = (
        "file,label_name,predicted,probability,decision\n"
        "cat/003.png,cat,cat,0.6,unsure: cat or dog\ncat/004.png,cat,cat,0.9,cat\ncat/005.png,cat,cat,0.5,unsure: cat\n"
    )
    losses = (loss("cat/002.png"), loss("cat/006.png"), loss("cat/004.png", predicted="cat"))
    run = write_run(prepare(source), (suspect("cat/002.png"), suspect("no longer there.png")), losses, predictions)
    queue = build_queue(run)
    reasons = {picture.file: picture.reasons for picture in queue.pictures}
    assert [file for file in reasons if file.startswith("cat/00") and file != "cat/000.png"] == [
        "cat/002.png",
        "cat/005.png",
        "cat/003.png",
        "cat/006.png",
    ]
    assert reasons["cat/002.png"] == ("wrong_label", "worst")
    found = next(picture for picture in queue.pictures if picture.file == "cat/002.png")
    assert (found.suggested, found.suspicion, found.label_name) == ("dog", "0.900", "cat")
    assert queue.open_picture("cat/002.png").image.size == (16, 16)
    assert queue.open_picture("cat/002.png").is_preprocessed


def test_near_duplicates_come_last(source, write_run):
    prepared = prepare(source, checks=ChecksSection(near_duplicates=True))
    queue = build_queue(write_run(prepared, (suspect("dog/003.png"),)))
    kinds = [picture.reasons[0] for picture in queue.pictures]
    assert kinds == sorted(kinds, key=["contradiction", "wrong_label", "unsure", "near_duplicate", "worst"].index)


def test_what_is_no_run_or_needs_no_look_is_said(make_class_folders, tmp_path):
    with pytest.raises(UserError, match=r"is neither a run \(recipe.yaml\) nor a prepared data set"):
        build_queue(tmp_path)
    assert build_queue(prepare(make_class_folders({"cat": 8, "dog": 8})).folder).pictures == []
