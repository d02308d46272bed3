"""`python -m vitrine evaluate`: any model on any labelled pictures."""

import io
import json
import re
import shutil

import datasets
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests.conftest import draw_shape
from tests.data.sources.stores import put_folder, refusing
from tests.factories import SIDE, make_recipe, prepare, write_colored_classes
from tests.hub_client import HubClient
from tests.hub_double import HubDouble
from tests.reports.fabricated import Page
from tests.work.here import Here
from vitrine.commands import evaluate
from vitrine.data.images.preprocessing import Preparation
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_metadata, save_model
from vitrine.predict.predictor import Predictor
from vitrine.records.atomic import write_bytes as write
from vitrine.records.model import ModelMetadata, Trust

LABELS = ["cat", "dog", "owl"]


def write_model(folder, labels=LABELS, recipe=None, trust=None, broken=False):
    """A small network of random weights; one of Vitrine's where it has a recipe."""
    torch.manual_seed(0)
    model = build_small_cnn(labels, (8,), 1, 0.1)
    if broken:
        with torch.no_grad():
            next(iter(model.parameters())).fill_(1e38)  # numbers all the same
    save_model(folder, model, build_processor(SIDE, CENTERED, Preparation()))
    if recipe is not None:
        metadata = ModelMetadata(
            vitrine_version="0", name="zoo", created="2026-11-21T00:00:00+00:00", backbone="small_cnn",
            label_names=list(labels), image_size=SIDE, training_pictures=9, test_pictures=9, test_accuracy=None,
            test_accuracy_interval=None, test_macro_f1=None, examples=[], recipe=recipe.model_dump(mode="json"),
            trust=trust,
        )  # fmt: skip
        save_metadata(folder, metadata)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs the command: `run(model, data, *options)` gives record, page and predictions, or the error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        output = tmp_path / "out"
        if evaluate.main([*map(str, arguments), "--output", str(output)]):
            return capsys.readouterr().err
        predictions = pd.read_csv(output / "predictions.csv", dtype={"file": str}, keep_default_na=False)
        return json.loads((output / "evaluation.json").read_text()), Page(output / "evaluation.html"), predictions

    return call


def test_a_folder_is_measured_as_the_predictor_answers(model, make_class_folders, run, tmp_path):
    folder = make_class_folders({"cat": 4, "dog": 3, "owl": 2})
    record, page, predictions = run(model, folder)
    predictor = Predictor.load(str(model))
    answers = [predictor.predict(Image.open(folder / file))[0][0] for file in predictions["file"]]
    assert predictions["predicted"].tolist() == answers
    right = int((predictions["predicted"] == predictions["label_name"]).sum())
    test = record["evidence"]["test"]
    assert (test["pictures"], test["accuracy"]) == (9, right / 9)
    assert f"{right} of 9 right" in page.text
    assert "measured on 9 pictures of this data set" in page.text
    stored = np.load(tmp_path / "out" / "logits.npz")
    assert stored["test_logits"].shape == (9, 3)
    assert (stored["test_logits"].argmax(1) == stored["test_labels"]).sum() == right
    assert "script" not in page.tags
    assert all(address.startswith(("data:", "#")) for address in page.addresses)


def test_broken_and_left_out_files_are_counted_and_named(model, make_class_folders, run):
    folder = make_class_folders({"cat": 2, "dog": 2})
    (folder / "cat" / "broken.jpg").write_text("no picture")
    (folder / "dog" / "notes.txt").write_text("x")
    record, page, _ = run(model, folder)
    data = record["data"]
    assert (data["found"], data["measured"]) == (6, 4)
    assert data["unreadable"] == [["cat/broken.jpg", "a text, not a picture; get the picture again"]]
    assert data["left_out"] == [["not a picture (.txt)", 1, "dog/notes.txt"]]
    assert "1 picture cannot be read and is not counted." in page.text
    assert "cat/broken.jpg: a text, not a picture; get the picture again" in page.text


def test_classes_that_the_model_does_not_know_are_set_apart(make_class_folders, run, tmp_path):
    recipe = make_recipe(prepare(write_colored_classes(tmp_path / "colours", 6), tmp_path / "prepared"))
    model = write_model(tmp_path / "model", recipe=recipe, trust=Trust(precision=0.95, confidence_threshold=None))
    folder = make_class_folders({"cat": 3, "unicorn": 2})
    record, page, predictions = run(model, folder)
    assert record["data"]["unknown"] == {"unicorn": 2}
    assert record["evidence"]["trust"]["unknown"] == 2
    assert len(predictions) == 3
    assert pd.read_csv(tmp_path / "out" / "strangers.csv")["label_name"].tolist() == ["unicorn"] * 2
    assert "2 pictures are of classes that the model does not know ('unicorn')." in page.text


def test_the_class_that_mattered_in_the_training_has_figures_of_its_own(make_class_folders, run, tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "colours", 6), tmp_path / "prepared")
    for target, shown in (("cat", "cat"), ("unicorn", None)):
        recipe = make_recipe(prepared, f"labels.target={target}")
        model = write_model(tmp_path / target, recipe=recipe)
        record, _, _ = run(model, make_class_folders({"cat": 3, "dog": 2}))
        found = record["evidence"]["test"]["target"]
        assert (found and found["label_name"]) == shown


def test_labels_of_others_models_are_given_their_classes(make_class_folders, run, tmp_path):
    model = write_model(tmp_path / "model", ["tabby", "persian", "LABEL_2"])
    folder = make_class_folders({"cat": 2, "dog": 2})
    options = [word for pair in ("tabby=cat", "persian=cat", "LABEL_2=dog") for word in ("--labels", pair)]
    record, page, _ = run(model, folder, *options)
    assert record["evidence"]["label_names"] == ["cat", "dog"]
    assert "tabby → cat" in page.text
    assert "the model knows none of the classes 'cat', 'dog'" in run(model, folder)


def test_the_test_split_of_the_models_own_data_is_measured_and_training_pictures_are_refused(run, tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "colours", 10), tmp_path / "prepared")
    model = write_model(tmp_path / "model", list(prepared.label_names), make_recipe(prepared))
    record, page, predictions = run(model, prepared.folder)
    assert predictions["file"].tolist() == list(prepared.splits["test"]["file"])
    assert record["data"]["acquaintance"] == "same_split"
    assert not record["data"]["from_preprocessed"]
    assert "it never saw" in page.text
    assert "the model learned from pictures of" in run(model, prepared.folder, "--split", "all")
    record, page, _ = run(model, tmp_path / "colours")
    assert record["data"]["acquaintance"] == "same_source"
    assert "the figures flatter it" in page.text


@pytest.mark.slow
def test_pictures_of_a_data_set_prepared_otherwise_are_measured_with_a_note(run, tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "colours", 10), tmp_path / "prepared", image_size=16)
    record, page, _ = run(write_model(tmp_path / "model", list(prepared.label_names)), prepared.folder)
    assert record["data"]["from_preprocessed"]
    assert "The pictures were resized once more" in page.text


@pytest.mark.slow
def test_a_table_is_measured_in_french(model, make_class_folders, run, tmp_path):
    make_class_folders({"cat": 2, "dog": 2})
    table = tmp_path / "list.csv"
    table.write_text("image;breed\npictures/cat/000.png;cat\npictures/dog/000.png;dog\npictures/gone.png;dog\n")
    record, page, _ = run(model, table, "data.columns.label=breed", "--language", "fr")
    assert record["data"]["measured"] == 2
    assert page.attributes[0] == ("html", {"lang": "fr"})
    assert "Sur 100 nouvelles images comme celles-ci" in page.text
    assert record["data"]["unreadable"][0][0] == "pictures/gone.png" or record["data"]["left_out"]


@pytest.mark.slow
def test_three_pictures_of_two_classes_are_enough_for_a_page(model, make_class_folders, run):
    record, page, _ = run(model, make_class_folders({"cat": 2, "dog": 1}))
    assert record["evidence"]["test"]["per_class"][2]["pictures"] == 0
    assert "'owl' has no test picture" in page.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MODEL", "nowhere"], "nowhere: it is not there"),
        (["./nowhere", "DATA"], "there is no such model folder"),
        (["MODEL", "DATA", "--top-k", "0"], "--top-k: must be at least 1 (got 0)"),
        (["MODEL", "DATA", "optim.epochs=2"], "optim.epochs=2: only data.* and labels.* say how the pictures are read"),
        (["MODEL", "DATA", "--split", "test"], "has no test split"),
        (["MODEL", "DATA", "--labels", "cat"], "'cat' is not of the form MODEL_LABEL=class"),
    ],
)
def test_mistakes_are_one_message(model, make_class_folders, run, tmp_path, arguments, message):
    places = {"MODEL": model, "DATA": make_class_folders({"cat": 2, "dog": 2})}
    assert message in run(*(places.get(word, word) for word in arguments))
    assert not (tmp_path / "out").exists()


def test_a_model_whose_answers_are_no_numbers_is_named(make_class_folders, run, tmp_path):
    error = run(write_model(tmp_path / "model", broken=True), make_class_folders({"cat": 2, "dog": 2}))
    assert re.search(r"what it says of the picture \S+ is not a number \(NaN or infinite\)", error)


@pytest.mark.slow
def test_another_folder_is_not_replaced(model, make_class_folders, run, tmp_path):
    folder = make_class_folders({"cat": 2, "dog": 2})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    assert "is there already and is not an evaluation" in run(model, folder)
    (tmp_path / "out" / "thesis.txt").unlink()
    run(model, folder)
    record, _, _ = run(model, folder)
    assert record["format"] == 1


@pytest.mark.slow
def test_a_model_and_a_data_set_of_the_hub_are_measured(model, tmp_path):
    pictures = [{"bytes": encode(kind, number), "path": None} for kind in (0, 1) for number in range(3)]
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=["cat", "dog"]))
    rows = datasets.Dataset.from_dict({"image": pictures, "label": ["cat"] * 3 + ["dog"] * 3}, features=features)
    stream = io.BytesIO()
    rows.to_parquet(stream)
    with HubDouble(tmp_path / "hub") as hub:
        hub.put("models", "ann/zoo", {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()})
        hub.put("datasets", "bob/pets", {"data/test-00000-of-00001.parquet": stream.getvalue()})
        with HubClient(hub.environment(tmp_path / "home")) as client:
            answer = client.call("evaluate", "ann/zoo", "hub:bob/pets", "--output", tmp_path / "out")
    assert answer["value"] == 0, answer["errors"]
    record = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert record["model"]["id"] == "ann/zoo"
    assert record["data"]["measured"] == 6
    shutil.rmtree(tmp_path / "hub")


def encode(kind, number):
    stream = io.BytesIO()
    draw_shape(kind, number).save(stream, "PNG")
    return stream.getvalue()


def test_an_evaluation_by_shards_whose_credentials_expire_goes_on_from_its_last_whole_shard(
    model, make_class_folders, tmp_path, monkeypatch, capsys
):
    address = put_folder(make_class_folders({"cat": 9, "dog": 9}))
    monkeypatch.setattr("vitrine.workflows.measured_shards.FILES_PER_SHARD", 3)
    monkeypatch.setattr(evaluate, "read_engine", lambda _: Here())
    arguments = [str(model), address, "--run-on", "local", "--output", str(tmp_path / "out/measured")]
    with refusing(monkeypatch, after=12):
        assert evaluate.main(arguments) == 2
    assert "renew them; then give the same command again: what was done is kept" in capsys.readouterr().err
    kept = set((tmp_path / "out/.measured.parts").glob("*.parquet"))
    made = []
    monkeypatch.setattr(
        "vitrine.work.part.write_bytes", lambda path, content: made.append(path) or write(path, content)
    )
    assert evaluate.main(arguments) == 0
    assert kept
    assert made
    assert kept.isdisjoint(made)
    assert json.loads((tmp_path / "out/measured/evaluation.json").read_text())["data"]["measured"] == 18
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["measured"]


@pytest.mark.slow
def test_a_rank_that_is_not_the_last_says_so_and_the_last_one_writes_the_page(
    model, make_class_folders, tmp_path, monkeypatch, capsys
):
    class Rank:
        def __init__(self, own):
            self.own = own

        def share(self, works):
            return works[self.own]

        def run(self, works):
            for work in self.share(works):
                work.do()
                yield work

    folder = make_class_folders({"cat": 4, "dog": 3, "owl": 2})
    monkeypatch.setattr("vitrine.workflows.measured_shards.FILES_PER_SHARD", 4)
    arguments = [str(model), str(folder), "--run-on", "ranks", "--output", str(tmp_path / "out/measured")]
    first, second = slice(0, None, 2), slice(1, None, 2)
    for own, said in ((first, "this rank has done its share"), (second, "page:"), (first, "nothing is left to do")):
        monkeypatch.setattr(evaluate, "read_engine", lambda _, own=own: Rank(own))
        assert evaluate.main(arguments) == 0
        assert said in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["measured"]
