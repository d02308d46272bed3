"""What leaves this machine holds no folder of it."""

import json

import pytest

from tests.records.examples import EXAMPLES
from vitrine.config.recipe import Recipe
from vitrine.records.model import ModelMetadata
from vitrine.records.public import PLACES, last_name, public_backbone, public_metadata, public_recipe


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/home/ann/birds/", "birds"),
        ("pictures/birds.zip", "birds.zip"),
        ("C:\\Users\\Ann\\birds", "birds"),
        ("hub:ann/birds", "hub:ann/birds"),
        ("builtin:digits", "builtin:digits"),
        ("/", "pictures"),
    ],
)
def test_of_a_source_its_last_name_stays_and_ids_stay_whole(source, shown):
    assert last_name(source) == shown


@pytest.mark.parametrize(
    ("backbone", "shown"),
    [
        ("resnet18", "resnet18"),
        ("microsoft/resnet-18", "microsoft/resnet-18"),
        ("hf-hub:timm/resnet18.a1_in1k", "timm/resnet18.a1_in1k"),
        ("/srv/weights/dogs.safetensors", "dogs.safetensors"),
        ("~/models/dogs", "dogs"),
        ("../models/dogs", "dogs"),
        ("..\\models\\dogs", "dogs"),
        ("runs/dogs/latest/model", "model"),
    ],
)
def test_of_a_backbone_ids_stay_and_folders_lose_their_place(backbone, shown):
    assert public_backbone(backbone) == shown


def test_a_folder_that_looks_like_an_id_is_a_folder(tmp_path, monkeypatch):
    (tmp_path / "models/dogs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert public_backbone("models/dogs") == "dogs"


def test_no_parameter_of_a_recipe_keeps_a_folder():
    data = {name: f"secret/{name}" for name in PLACES}
    recipe = Recipe(name="birds").model_dump(mode="json")
    recipe["data"] |= data
    recipe["model"]["backbone"] = "./secret/net"
    recipe["later"] = {"cache": ["/secret/cache", "D:\\secret\\cache", 3]}
    public = public_recipe(recipe)
    assert "secret" not in json.dumps(public)
    assert public["later"] == {"cache": ["cache", "cache", 3]}
    assert public["data"]["prepared"] == "prepared"


def test_every_parameter_of_the_data_that_names_a_path_is_among_the_places():
    fields = Recipe(name="x").data.model_fields_set | set(type(Recipe(name="x").data).model_fields)
    assert set(PLACES) <= fields


def test_labels_that_hold_slashes_stay():
    recipe = {"labels": {"rename": {"toys/cars": "cars"}, "target": "a/b"}, "name": "x"}
    assert public_recipe(recipe) == recipe


def test_metadata_of_a_model_lose_their_folders():
    metadata = EXAMPLES[ModelMetadata]()
    told = metadata.model_copy(update={"backbone": "/srv/secret/net", "recipe": {"data": {"source": "/srv/secret/x"}}})
    public = public_metadata(told)
    assert (public.backbone, public.recipe) == ("net", {"data": {"source": "x"}})
    assert public.label_names == metadata.label_names
