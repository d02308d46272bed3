"""Augmentation in words for people."""

from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import Policy
from vitrine.ui.texts import NO_BREAK, Texts

STEPS = "augmentation.steps"


def describe_policy(policy: Policy, texts: Texts) -> list[str]:
    """One phrase for each step that is on, in the order in which the steps are done."""
    return [*_describe_geometry(policy, texts), *_describe_automatic(policy, texts), *_describe_colors(policy, texts)]


def describe_mixing(mixing: Mixing, texts: Texts) -> list[str]:
    """One phrase for what is done to batches, or none."""
    if not mixing.is_on:
        return []
    kinds = [
        texts(f"{STEPS}.{name}", alpha=texts.short_number(alpha))
        for name, alpha in (("mixup", mixing.mixup), ("cutmix", mixing.cutmix))
        if alpha
    ]
    said = texts(f"{STEPS}.either", first=kinds[0], second=kinds[1]) if len(kinds) > 1 else kinds[0]
    return [texts(f"{STEPS}.mixing", kinds=said, share=_percent(mixing.probability, texts))]


def _describe_geometry(policy: Policy, texts: Texts) -> list[str]:
    words = [texts(f"{STEPS}.{flip}") for flip in ("horizontal_flip", "vertical_flip") if getattr(policy, flip)]
    if (policy.crop_min, policy.crop_max) != (1.0, 1.0):
        low = texts.short_number(100 * policy.crop_min, 3)
        words.append(texts(f"{STEPS}.crop", low=low, high=_percent(policy.crop_max, texts)))
    steps = {
        "aspect_ratio": (policy.aspect_ratio - 1, _percent(policy.aspect_ratio - 1, texts)),
        "zoom": (policy.zoom, _percent(policy.zoom, texts)),
        "rotation": (policy.rotation, texts.short_number(policy.rotation)),
        "shear": (policy.shear, _percent(policy.shear, texts)),
        "shift": (policy.shift, _percent(policy.shift, texts)),
    }
    return words + [texts(f"{STEPS}.{step}", amount=said) for step, (amount, said) in steps.items() if amount]


def _describe_automatic(policy: Policy, texts: Texts) -> list[str]:
    if policy.automatic == "none":
        return []
    magnitude = texts.short_number(policy.magnitude)
    return [texts(f"{STEPS}.{policy.automatic}", count=policy.operations, magnitude=magnitude)]


def _describe_colors(policy: Policy, texts: Texts) -> list[str]:
    """Of each step whether it is on, how strong it is, and on what share of the pictures."""
    steps = {
        "brightness": (policy.brightness, _percent(policy.brightness, texts), 1.0),
        "contrast": (policy.contrast, _percent(policy.contrast, texts), 1.0),
        "saturation": (policy.saturation, _percent(policy.saturation, texts), 1.0),
        "hue": (policy.hue, texts.short_number(360 * policy.hue), 1.0),
        "grayscale": (policy.grayscale, _percent(policy.grayscale, texts), 1.0),
        "blur": (policy.blur * policy.blur_probability, texts.short_number(policy.blur), policy.blur_probability),
        "noise": (policy.noise * policy.noise_probability, _percent(policy.noise, texts), policy.noise_probability),
        "erasing": (policy.erasing, _percent(policy.erasing_area, texts), policy.erasing),
    }
    return [
        texts(f"{STEPS}.{step}", amount=said, share=_percent(share, texts))
        for step, (is_on, said, share) in steps.items()
        if is_on
    ]


def _percent(share: float, texts: Texts) -> str:
    return f"{texts.short_number(100 * share, 3)}{NO_BREAK}%"
