"""The section `augmentation` of a recipe: a named policy, its single steps, and mixing."""

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from vitrine.config.aliases import rename_section
from vitrine.config.section import OptionalSwitch, Section, Switch, read_nothing

PolicyName = Literal["none", "light", "standard", "strong", "trivialaugment", "randaugment"]


class AugmentationSection(Section):
    """Random changes to training pictures, never to validation and test; a step that is null is as in the policy."""

    _old_names = model_validator(mode="before")(partial(rename_section, "augmentation"))

    policy: Annotated[PolicyName, BeforeValidator(read_nothing)] = Field(
        "light",
        description="'none'; 'light': small shifts, zooms and turns; 'standard': crops, turns, brightness and "
        "contrast; 'strong': all steps; 'trivialaugment' (arXiv:2103.10158): one operation of any strength; "
        "'randaugment' (arXiv:1909.13719): some operations of one strength",
    )
    image_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="side of the pictures in training, in pixels; smaller than data.image_size trains faster, often as "
        "exactly, since crops show things larger than they are (arXiv:1906.06423); null means data.image_size. It "
        "means nothing to features that are computed once (model.cache_features)",
    )
    first_image_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="side of the pictures in the first epoch, in pixels, from which it grows evenly to image_size in "
        "the last one (progressive resizing): early epochs take less time; null means image_size in all of them. "
        "It means nothing to features that are computed once (model.cache_features)",
    )
    horizontal_flip: Switch = Field(
        True, description="mirror half of the pictures; false where left and right matter (digits, text)"
    )
    vertical_flip: OptionalSwitch = Field(None, description="turn half of the pictures upside down (views from above)")
    rotation: float | None = Field(None, ge=0, le=180, description="largest turn to either side, in degrees")
    shift: float | None = Field(None, ge=0, le=1, description="largest shift in any direction, as a share of the side")
    shear: float | None = Field(
        None,
        ge=0,
        le=1,
        description="largest slant: how far opposite edges are pushed against each other, as a share of the side",
    )
    zoom: float | None = Field(
        None, ge=0, lt=1, description="the view shrinks or grows around the middle by up to this share; 0.2: 0.8 to 1.2"
    )
    crop_min: float | None = Field(
        None, gt=0, le=1, description="random crop: smallest share of each side that is seen; 1 crops nothing"
    )
    crop_max: float | None = Field(
        None,
        gt=0,
        le=2,
        description="random crop: largest share of each side; above 1, what lies beyond the edges is mirrored in",
    )
    aspect_ratio: float | None = Field(
        None, ge=1, le=4, description="largest ratio by which one side is stretched more than the other"
    )
    brightness: float | None = Field(None, ge=0, le=1, description="largest share of white that is added or taken away")
    contrast: float | None = Field(
        None, ge=0, le=1, description="share by which differences from the picture's mean grow or shrink at most"
    )
    saturation: float | None = Field(
        None, ge=0, le=1, description="share by which colours grow stronger or weaker at most; 1: from grey to double"
    )
    hue: float | None = Field(
        None, ge=0, le=0.5, description="largest turn of the colour circle to either side, as a share of it"
    )
    grayscale: float | None = Field(None, ge=0, le=1, description="share of the pictures that lose their colours")
    blur: float | None = Field(
        None, ge=0, le=10, description="largest standard deviation of a Gaussian blur, in pixels; 0 blurs nothing"
    )
    blur_probability: float | None = Field(None, ge=0, le=1, description="share of the pictures that are blurred")
    noise: float | None = Field(
        None, ge=0, le=1, description="largest standard deviation of Gaussian noise, as a share of white"
    )
    noise_probability: float | None = Field(None, ge=0, le=1, description="share of the pictures that get noise")
    erasing: float | None = Field(
        None, ge=0, le=1, description="share of the pictures in which a rectangle is covered (random erasing, cutout)"
    )
    erasing_area: float | None = Field(
        None,
        ge=0.02,
        lt=1,
        description="largest share of the picture that such a rectangle covers; the smallest is 0.02",
    )
    operations: int | None = Field(None, ge=1, le=4, description="randaugment: operations per picture (N of the paper)")
    magnitude: float | None = Field(
        None, ge=0, le=30, description="randaugment: strength of the operations (M of the paper), 30 is the most"
    )
    mixup: float = Field(
        0,
        ge=0,
        le=10,
        description="alpha of mixup (arXiv:1710.09412): two pictures and their labels are blended; 0 is off, 0.2 usual",
    )
    cutmix: float = Field(
        0,
        ge=0,
        le=10,
        description="alpha of CutMix (arXiv:1905.04899): a part of another picture is pasted in; 0 is off, 1 usual",
    )
    mix_probability: float = Field(
        1, ge=0, le=1, description="share of the batches that are mixed, where mixup or cutmix is on"
    )

    @model_validator(mode="after")
    def _operations_belong_to_randaugment(self) -> Self:
        if self.policy != "randaugment" and (self.operations is not None or self.magnitude is not None):
            raise ValueError(
                f"operations and magnitude belong to policy 'randaugment' (got policy '{self.policy}'); leave them out"
            )
        return self
