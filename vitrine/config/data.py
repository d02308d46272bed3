"""Sections of a recipe about the pictures: where they come from, their classes, checks and preparation."""

import re
from functools import partial
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from vitrine.config.aliases import rename_section
from vitrine.config.section import Section, Switch

BUILTIN_DIGITS = "builtin:digits"
HUB_PREFIX = "hub:"

# YAML has lists only; pydantic's strict mode would ask for a tuple written in Python.
Names = Annotated[tuple[str, ...], Field(strict=False)]
Step = Literal[
    "contrast",
    "autocontrast",
    "equalize",
    "grayscale",
    "denoise",
    "crop_centre",
    "crop_content",
    "mirror_horizontal",
    "mirror_vertical",
    "whiten",
]
SeriesKind = Literal["folder", "number", "time"]
SERIES_KINDS: tuple[SeriesKind, ...] = get_args(SeriesKind)
SeriesKinds = Annotated[tuple[SeriesKind, ...], Field(strict=False)]
Steps = Annotated[tuple[Step, ...], Field(strict=False)]


class ColumnsSection(Section):
    """Column names of a table or of a Hugging Face data set; null takes the usual ones (image, label, split, group)."""

    image: str | None = Field(
        None,
        description="path of the picture in a table, or the picture itself in a data set; in tar shards, its extension",
    )
    label: str | None = Field(None, description="class")
    split: str | None = Field(None, description="fixed split: train, validation or test; empty where Vitrine chooses")
    group: str | None = Field(None, description="what stays on one side of the split: a person, a place, a series")
    subgroup: str | None = Field(
        None, description="kind of picture that gets figures of its own in the report: face, whole body, hard"
    )


class HubSection(Section):
    """Which part of a data set of the Hugging Face Hub is used (source 'hub:owner/name')."""

    config: str | None = Field(None, description="configuration (subset); null takes the only or default one")
    split: str | None = Field(
        None,
        description="one split alone, which Vitrine divides, or some joined by '+'; null takes all, each as the split "
        "of its name",
    )
    revision: str | None = Field(None, description="branch, tag or commit; null takes the newest")


def without_file_scheme(source: str) -> str:
    """`file:///pictures` as the path that it means; anything else as it is."""
    return re.sub(r"^file:/+(?=[^/])", "/", source)


class DataSection(Section):
    """Where the pictures come from and how they are split."""

    source: Annotated[str, AfterValidator(without_file_scheme)] = Field(
        "data/pictures",
        description="folder with one sub-folder per class; zip or tar archive of such a folder; table (.csv, .tsv, "
        ".parquet, .jsonl) that names picture and label; folder of tar shards (WebDataset); 'hub:owner/name', a data "
        "set of the Hugging Face Hub, or a local copy of one; address of pictures, tar shards, or Parquet files in a "
        f"store (s3://, gs://, az://, hf://, https://); '{BUILTIN_DIGITS}'",
    )
    prepared: Annotated[str, AfterValidator(without_file_scheme)] | None = Field(
        None,
        description="folder of the prepared data set, or for all but data_prep.py its address in a store "
        "(s3://bucket/prepared/dogs), of which each machine makes a copy; none means prepared/<name of the recipe>",
    )
    layout: Literal["auto", "classes", "splits"] = Field(
        "auto",
        description="'classes': source/<class>/...; 'splits': source/<train|validation|test>/<class>/... or "
        "source/<class>/<train|validation|test>/...; 'auto' tells them apart and asks where both are possible",
    )
    columns: ColumnsSection = Field(ColumnsSection(), description="columns of a table")
    separator: str | None = Field(None, description="between the columns of a CSV; null finds it out")
    encoding: str | None = Field(
        None,
        description="code page of a table (data.corrections too), or of names in an archive, that is not in UTF-8, "
        "such as cp1251 or gbk; null finds it out, and asks where it is not sure",
    )
    image_folder: str | None = Field(
        None, description="folder that the paths in a table start from; null means the table's own folder"
    )
    hub: HubSection = Field(HubSection(), description="part of a Hub data set")
    image_size: int = Field(224, ge=8, le=1024, description="side of the square image that the network sees, in pixels")
    training_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="side of the images that are stored for training, in pixels; larger than image_size, the crops of "
        "the augmentation stay sharp; null means image_size",
    )
    validation_fraction: float = Field(
        0.15, gt=0, lt=1, description="share of the pictures that steers the training (early stopping)"
    )
    test_fraction: float = Field(
        0.15, gt=0, lt=1, description="share of the pictures kept aside for the final evaluation"
    )
    gate_fraction: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the pictures set aside for the gate, which decides whether a retrained model may follow "
        "the one before (`python -m vitrine retrain`); 0 sets none aside",
    )
    validation_count: int | None = Field(
        None, ge=1, description="number of validation pictures of each class, in place of the share"
    )
    test_count: int | None = Field(
        None, ge=1, description="number of test pictures of each class, instead of the share"
    )
    split_seed: int = Field(0, ge=0, description="seed of the split; one seed, one split")
    folds: int | None = Field(
        None,
        ge=2,
        le=20,
        description="k-fold: all but the test pictures are divided into so many folds, one of which (data.fold) "
        "is for validation",
    )
    fold: int = Field(0, ge=0, le=19, description="which fold is for validation, from 0; chosen anew by each training")
    group_by: SeriesKinds = Field(
        (),
        description="pictures of one series stay on one side of the split: 'folder' (sub-folders below a class), "
        "'number' (file names that differ in their last number), 'time' (taken within 10 seconds); data_prep.py "
        "proposes what it finds, and groups nothing by itself",
    )
    keep_split: str | None = Field(
        None,
        description="manifest (.parquet or .csv) whose files keep their split; null means that of the prepared data "
        "set that is there already",
    )
    corrections: str | None = Field(
        None,
        description="table (.csv) of corrected labels, as 'python -m vitrine corrections RUN' writes it; only rows "
        "with an action are applied: relabel or remove",
    )
    max_megapixels: int = Field(
        150, ge=1, le=178, description="pictures with more pixels are put aside, in millions of pixels"
    )

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        held_out = self.validation_fraction + self.test_fraction + self.gate_fraction
        if held_out >= 0.9:
            gate = f" + {self.gate_fraction:g}" if self.gate_fraction else ""
            raise ValueError(
                f"validation_fraction + test_fraction{' + gate_fraction' if gate else ''} must stay below 0.9, so that "
                f"pictures are left to train on (got {self.validation_fraction:g} + {self.test_fraction:g}{gate})"
            )
        if self.training_size is not None and self.training_size < self.image_size:
            raise ValueError(
                f"training_size must not be smaller than image_size (got {self.training_size} and {self.image_size})"
            )
        if self.training_size not in (None, self.image_size) and self.folds is not None:
            raise ValueError(
                "training_size and folds exclude each other: in folds, training pictures are for validation in turn"
            )
        if self.folds is not None and self.fold >= self.folds:
            raise ValueError(f"fold counts from 0 and must be below folds (got {self.fold} of {self.folds})")
        return self


class LabelsSection(Section):
    """From what a source calls its classes to the labels of the model."""

    pattern: str | None = Field(
        None,
        description="regular expression whose first group is the label, for labels that are part of a longer text: "
        r"""'^\["(.+?) >>' takes the first level of '["Toys >> Cars"]'""",
    )
    rename: dict[str, str] = Field(
        {}, description="new names, {old: new}; several old names with one new name become one class"
    )
    leave_out: Names = Field((), description="classes that are not used")
    target: str | None = Field(None, description="one class against all the others, which become one (labels.rest)")
    rest: str = Field("other", min_length=1, description="name of all the others where there is a target")


class ChecksSection(Section):
    """What is looked for in the pictures, and what is done about it."""

    near_duplicates: Switch = Field(
        True,
        description="look for copies that were re-encoded, resized, brightened, mirrored or cropped a little; "
        "exact copies are found in any case",
    )
    copies: Literal["together", "first"] = Field(
        "together", description="'together': copies of a picture stay in one split; 'first': only the first is used"
    )
    contradictions: Literal["leave_out", "keep"] = Field(
        "leave_out", description="exact copies under different labels: none of them is used, or all are"
    )
    leaks: Literal["report", "leave_out"] = Field(
        "report",
        description="copies of test or validation pictures in a fixed training split: only named, or not trained on",
    )
    min_side: int = Field(32, ge=1, description="a picture with a shorter side than this is named as tiny, in pixels")


class PreparationSection(Section):
    """What is done to every picture before the network sees it; it travels with the model."""

    _old_names = model_validator(mode="before")(partial(rename_section, "preparation"))

    steps: Steps = Field(
        (),
        description="in this order: 'contrast' (by contrast_factor), 'autocontrast' (darkest to black, lightest to "
        "white), 'equalize' (histogram), 'grayscale' (colours go), 'denoise' (median of 3 x 3 pixels: specks go), "
        "'crop_centre' (to center_share), 'crop_content' (an even border goes), 'mirror_horizontal', "
        "'mirror_vertical', and as the last 'whiten' (each picture to mean 0 and deviation 1)",
    )
    contrast_factor: float = Field(1.5, gt=0, le=10, description="of the step 'contrast'; 1 changes nothing")
    center_share: float = Field(0.8, gt=0, le=1, description="share of each side that the step 'crop_centre' keeps")
    resize: Literal["squash", "crop", "letterbox"] = Field(
        "squash",
        description="to a square: 'squash' changes the proportions, 'crop' cuts off what lies beyond the shorter "
        "side, 'letterbox' adds bars of fill_color",
    )
    fill_color: Literal["white", "grey", "black"] = Field(
        "white", description="colour behind transparent parts and of letterbox bars"
    )
    color_profiles: Literal["apply", "ignore"] = Field(
        "apply",
        description="colours by the ICC profile of a file: 'apply' converts them to sRGB, as browsers and viewers do; "
        "'ignore' takes the numbers as they stand",
    )

    @model_validator(mode="after")
    def _whitening_comes_last(self) -> Self:
        if "whiten" in self.steps[:-1]:
            raise ValueError("the step 'whiten' must be the last one, since no picture is left after it")
        return self
