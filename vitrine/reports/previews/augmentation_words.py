"""Augmentation in words for people."""

from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import Policy


def describe_policy(policy: Policy) -> list[str]:
    """One phrase for each step that is on, in the order in which the steps are done."""
    return [*_describe_geometry(policy), *_describe_automatic(policy), *_describe_colors(policy)]


def describe_mixing(mixing: Mixing) -> list[str]:
    """One phrase for what is done to batches, or none."""
    kinds = [
        f"{name} (alpha {alpha:g})" for name, alpha in (("mixup", mixing.mixup), ("CutMix", mixing.cutmix)) if alpha
    ]
    if not mixing.is_on:
        return []
    return [f"{' or '.join(kinds)} in {_percent(mixing.probability)} of the batches"]


def _describe_geometry(policy: Policy) -> list[str]:
    words = []
    if policy.horizontal_flip:
        words.append("half mirrored left to right")
    if policy.vertical_flip:
        words.append("half upside down")
    if (policy.crop_min, policy.crop_max) != (1.0, 1.0):
        words.append(f"crops of {_number(policy.crop_min)} to {_percent(policy.crop_max)} of each side")
    steps = {
        f"stretched by up to {_percent(policy.aspect_ratio - 1)}": policy.aspect_ratio - 1,
        f"view wider or narrower by up to {_percent(policy.zoom)}": policy.zoom,
        f"turned by up to {policy.rotation:g}°": policy.rotation,
        f"slanted by up to {_percent(policy.shear)}": policy.shear,
        f"shifted by up to {_percent(policy.shift)} of the side": policy.shift,
    }
    return words + [phrase for phrase, amount in steps.items() if amount]


def _describe_automatic(policy: Policy) -> list[str]:
    count = "one operation" if policy.operations == 1 else f"{policy.operations} operations"
    return {
        "none": [],
        "trivialaugment": [f"{count} of TrivialAugment's 14, of any strength"],
        "randaugment": [f"{count} of RandAugment's 14, magnitude {policy.magnitude:g} of 30"],
    }[policy.automatic]


def _describe_colors(policy: Policy) -> list[str]:
    blurred = f"{_percent(policy.blur_probability)} blurred by up to {policy.blur:g} px"
    noisy = f"{_percent(policy.noise_probability)} with noise of up to {_percent(policy.noise)} of white"
    erased = f"{_percent(policy.erasing)} with a covered rectangle of up to {_percent(policy.erasing_area)}"
    steps = {
        f"brightness ±{_percent(policy.brightness)} of white": policy.brightness,
        f"contrast ±{_percent(policy.contrast)}": policy.contrast,
        f"saturation ±{_percent(policy.saturation)}": policy.saturation,
        f"hue ±{360 * policy.hue:g}°": policy.hue,
        f"{_percent(policy.grayscale)} in grey": policy.grayscale,
        blurred: policy.blur * policy.blur_probability,
        noisy: policy.noise * policy.noise_probability,
        erased: policy.erasing,
    }
    return [phrase for phrase, amount in steps.items() if amount]


def _number(share: float) -> str:
    return f"{100 * share:.3g}"


def _percent(share: float) -> str:
    return f"{_number(share)} %"
