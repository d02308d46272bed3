"""How far training pictures may change: named policies, and their single steps."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

from vitrine.config.augmentation import AugmentationSection
from vitrine.errors import UserError

Automatic = Literal["none", "trivialaugment", "randaugment"]


@dataclass(frozen=True)
class Policy:
    """How far pictures may change; names and units as in the recipe. Every draw is uniform in its range.

    Attributes:
        horizontal_flip: whether half of the pictures are mirrored.
        vertical_flip: whether half of the pictures are turned upside down.
        rotation: largest turn to either side, in degrees.
        shift: largest shift in any direction, as a share of the side, besides the free play of a crop.
        shear: by how much of the side opposite edges are pushed against each other at most.
        zoom: the view shrinks or grows around the middle by up to this share.
        crop_min: share of each side that is seen at least; below 1 this is a random crop.
        crop_max: above 1, what lies beyond the edges is mirrored in.
        aspect_ratio: largest ratio by which one side is stretched more than the other.
        brightness: share of white that is added or taken away.
        contrast: share by which differences from the mean grow or shrink.
        saturation: share by which colours grow stronger or weaker.
        hue: turn of the colour circle to either side, as a share of it.
        grayscale: share of the pictures that lose their colours.
        blur: largest standard deviation of the Gaussian, in pixels of the result.
        blur_probability: share of the pictures that are blurred.
        noise: largest standard deviation of the noise, as a share of white.
        noise_probability: share of the pictures that get noise.
        erasing: share of the pictures in which a rectangle is covered with their mean colour.
        erasing_area: largest share of the picture that it covers.
        automatic: operations drawn by TrivialAugment or RandAugment, besides the steps above.
        operations: how many of them per picture.
        magnitude: their strength with RandAugment, 0 to 30; TrivialAugment draws it.
    """

    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotation: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    crop_min: float = 1.0
    crop_max: float = 1.0
    aspect_ratio: float = 1.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    grayscale: float = 0.0
    blur: float = 0.0
    blur_probability: float = 0.5
    noise: float = 0.0
    noise_probability: float = 0.5
    erasing: float = 0.0
    erasing_area: float = 0.25
    automatic: Automatic = "none"
    operations: int = 0
    magnitude: float = 0.0

    @classmethod
    def from_section(cls, section: AugmentationSection) -> Self:
        """What a recipe asks for.

        Raises:
            UserError: its steps contradict each other.
        """
        sizes = {"image_size", "first_image_size"}
        overrides = section.model_dump(exclude=sizes | {"policy", "mixup", "cutmix", "mix_probability"})
        return cls(**_values(resolve_policy(section.policy, overrides)))

    @property
    def moves(self) -> bool:
        """Whether any step is geometric."""
        flips = self.horizontal_flip or self.vertical_flip
        slides = self.rotation or self.shift or self.shear or self.zoom
        return bool(flips or slides or (self.crop_min, self.crop_max, self.aspect_ratio) != (1.0, 1.0, 1.0))

    @property
    def changes_pictures(self) -> bool:
        """Whether any picture may come out changed."""
        colors = self.brightness or self.contrast or self.mixes_colors
        now_and_then = self.blur * self.blur_probability or self.noise * self.noise_probability or self.erasing
        return bool(self.moves or colors or now_and_then or self.automatic != "none")

    @property
    def mixes_colors(self) -> bool:
        """Whether the three colours of a pixel have to be mixed."""
        return bool(self.saturation or self.hue or self.grayscale)


POLICIES: dict[str, Policy] = {
    "none": Policy(),
    "light": Policy(crop_min=0.9, crop_max=1.1, aspect_ratio=1.1, rotation=10, shift=0.025),
    "standard": Policy(crop_min=0.6, aspect_ratio=1.25, rotation=15, brightness=0.15, contrast=0.25),
    "strong": Policy(
        crop_min=0.5,
        aspect_ratio=1.33,
        rotation=20,
        shear=0.1,
        brightness=0.2,
        contrast=0.4,
        saturation=0.4,
        hue=0.05,
        grayscale=0.1,
        blur=1.5,
        blur_probability=0.2,
        noise=0.05,
        noise_probability=0.2,
        erasing=0.25,
    ),
    "trivialaugment": Policy(automatic="trivialaugment", operations=1),
    "randaugment": Policy(automatic="randaugment", operations=2, magnitude=9),
}


def resolve_policy(name: str, overrides: Mapping[str, Any] | None = None) -> Policy:
    """A named policy with single steps of one's own.

    Args:
        name: of the policy.
        overrides: values by the names of `Policy`; None keeps the policy's own.

    Raises:
        UserError: there is no such policy or step, or the steps contradict each other.
    """
    given = {step: value for step, value in (overrides or {}).items() if value is not None}
    _refuse_unknown("policy", name, list(POLICIES))
    for step in given:
        _refuse_unknown("step", step, list(_values(Policy())))
    policy = replace(POLICIES[name], **given)
    if policy.crop_min > policy.crop_max:
        raise UserError(
            f"augmentation.crop_min must not be larger than crop_max (got {policy.crop_min:g} and "
            f"{policy.crop_max:g}); policy '{name}' has {POLICIES[name].crop_min:g} and {POLICIES[name].crop_max:g}"
        )
    return policy


def _refuse_unknown(kind: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    raise UserError(f"augmentation: there is no {kind} '{name}'; {hint}")


def _values(policy: Policy) -> dict[str, Any]:
    return {field.name: getattr(policy, field.name) for field in fields(policy)}
