"""A folder in which the commands of the documentation find what they name: pictures, tables, recipes, a run."""

import csv
import json
import re
import shutil
from pathlib import Path

import datasets
import numpy as np

from tests.documentation.blocks import ROOT
from tests.factories import write_tiny_resnet
from tools.drawn_pictures import KINDS, draw

SIDE = 48  # pixels
PER_CLASS = 30
# Which fruit stands for what the documentation speaks of.
FOLDERS = {
    "pictures/dogs": ("Afghan hound", "Maltese", "Pomeranian"),
    "pictures/new_dogs": ("Afghan hound", "Maltese", "Pomeranian"),
    "pictures/pets": ("cat", "dog"),
    "other_pictures": ("Afghan hound", "Maltese", "Pomeranian"),
    "dogs": ("Maltese", "pom", "wolf"),
    "scans": ("photo", "letter", "drawing"),
    "other_scans": ("photo", "letter", "drawing"),
}
FLAT = ("unsorted", "holiday_pictures")
CATEGORIES = ("Clothing >> Women", "Watches >> Wrist", "Shoes >> Boots")
# Of a data set of the Hub, a small one of the same columns and kind of names.
HUB_SOURCE, HUB_COPY = "hub:maurice-fp/stanford-dogs", "downloads/stanford-dogs"
HUB_BREEDS = (
    *("n02085620-Chihuahua", "n02108089-boxer", "n02109961-Eskimo_dog"),
    *("n02085936-Maltese_dog", "n02088094-Afghan_hound"),
)
IMAGENET_LABELS = ("tabby, tabby cat", "Maltese dog, Maltese terrier, Maltese")
# Networks of the Hub, for which a tiny one of the same kind stands.
NETWORKS = r"microsoft/resnet-\d+|timm/[\w.-]+"
# Of those of the table, each has a tiny one of its own: variants of a comparison must differ.
LISTED = (
    *("resnet18", "resnet50", "resnetv2_101", "mobilenet_v2", "vgg16", "vgg19"),
    *("inception_v3", "inception_resnet_v2", "efficientnet_b0", "efficientnet_b7", "convnext_tiny"),
)
# Where they are named as a value; variants have such names too.
NAMES = rf"(?:^|(?<=[ =\"']))({'|'.join(LISTED)})(?![\w:.])"


def write_workplace(folder: Path) -> Path:
    """Writes pictures, tables, recipes with few epochs, and a tiny network."""
    for place, classes in FOLDERS.items():
        for kind, name in zip(KINDS, classes, strict=False):
            _write(folder / place / name, kind, PER_CLASS, seed=len(place))
    for place in FLAT:
        _write(folder / place, "pear", 3, seed=1)
    for name in ("photo.jpg", "picture.jpg"):
        draw("apple", np.random.default_rng(99), SIDE).save(folder / name)
    _write_products(folder)
    _write_hub_copy(folder / HUB_COPY)
    _name_labels(write_tiny_resnet(folder / "tiny"))
    for name in LISTED:
        shutil.copytree(folder / "tiny", folder / "networks" / name)
    shutil.copytree(ROOT / "configs", folder / "configs")
    for recipe in folder.glob("configs/**/*.yaml"):
        recipe.write_text(make_small(recipe.read_text("utf-8"), folder), "utf-8")
    return folder


def make_small(text: str, folder: Path) -> str:
    """A recipe for a minute: tiny networks in place of the Hub's, two epochs, small pictures, two seeds."""
    text = use_tiny(text, folder)
    text = re.sub(r"(?m)^( *(?:frozen_)?epochs:) \d+", r"\1 2", text).replace("frozen_epochs: 2", "frozen_epochs: 1")
    if "epochs:" not in text:
        text = re.sub(r"(?m)^optim:.*", "optim:\n  epochs: 2", text)
    text = re.sub(r"(?m)^( *image_size:) \d+", rf"\1 {SIDE}", text)
    text = re.sub(r"augmentation.image_size: \d+", f"augmentation.image_size: {SIDE - 16}", text)
    return re.sub(r"(?m)^seeds: .*", "seeds: [0, 1]", text)


def use_tiny(text: str, folder: Path) -> str:
    """A tiny network in place of every network of the Hub, and a small data set in place of the one that is named."""
    text = text.replace(HUB_SOURCE, (folder / HUB_COPY).as_posix())
    text = re.sub(r"(first_image_size(?:=|: ))\d+", r"\g<1>32", text)  # for its pictures
    text = re.sub(NETWORKS, (folder / "tiny").as_posix(), text)
    return re.sub(NAMES, rf"{(folder / 'networks').as_posix()}/\1", text)


def _name_labels(checkpoint: Path) -> None:
    """As a network of ImageNet calls them."""
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    config["id2label"] |= dict(zip(config["id2label"], IMAGENET_LABELS, strict=False))
    config["label2id"] = {name: int(number) for number, name in config["id2label"].items()}
    (checkpoint / "config.json").write_text(json.dumps(config), "utf-8")


def _write(folder: Path, kind: str, count: int, seed: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        draw(kind, np.random.default_rng([seed, number]), SIDE).save(folder / f"{kind}_{number:03d}.png")


def _write_hub_copy(folder: Path) -> None:
    names = datasets.ClassLabel(names=list(HUB_BREEDS))
    features = datasets.Features({"image": datasets.Image(), "label": names})
    folder.mkdir(parents=True)
    for seed, (split, count) in enumerate((("train", PER_CLASS), ("test", PER_CLASS // 3))):
        rows = [
            {"image": draw(kind, np.random.default_rng([5, seed, number]), SIDE), "label": label}
            for label, kind in enumerate(KINDS)
            for number in range(count)
        ]
        datasets.Dataset.from_list(rows, features=features).to_parquet(folder / f"{split}.parquet")


def _write_products(folder: Path) -> None:
    rows = []
    for category, kind in zip(CATEGORIES, KINDS, strict=False):
        _write(folder / "written" / kind, kind, PER_CLASS, seed=7)
        rows += [(path.name, f'["{category}"]') for path in sorted((folder / "written" / kind).iterdir())]
    (folder / "Images").mkdir()
    for path in folder.glob("written/*/*.png"):
        path.rename(folder / "Images" / path.name)
    shutil.rmtree(folder / "written")
    with (folder / "products.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "product_category_tree"), *rows])
