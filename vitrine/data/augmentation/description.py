"""Augmentation in a few words, by the names of a recipe: what tells recipes apart in tables, CSV files and cards."""

from vitrine.config.augmentation import AugmentationSection
from vitrine.data.augmentation.policies import POLICIES, Policy

NOTHING = "none"


def describe_augmentation(section: AugmentationSection, views: int = 0) -> str:
    """What is done to training pictures: "light, horizontal_flip, 3 views"; "none" where nothing changes any picture.

    Args:
        section: of a recipe.
        views: of each picture, where features are computed once, 1: of the pictures as they are; 0: every epoch looks.

    Raises:
        UserError: its steps contradict each other.
    """
    policy = Policy.from_section(section)
    mixed = [_say(name, getattr(section, name)) for name in ("mixup", "cutmix") if getattr(section, name)]
    mixed = mixed if section.mix_probability else []
    if views == 1 or not (policy.changes_pictures or mixed):
        return NOTHING
    own = vars(POLICIES[section.policy])
    words: list[str] = [section.policy] if section.policy != NOTHING else []
    words += [_say(name, value) for name, value in vars(policy).items() if value != own[name]]
    if mixed and section.mix_probability < 1:
        mixed.append(_say("mix_probability", section.mix_probability))
    sides = {"first_image_size": section.first_image_size, "image_size": section.image_size}
    of_epochs = [_say(name, side) for name, side in sides.items() if side is not None and not views]
    return ", ".join([*words, *mixed, *of_epochs, *([f"{views} views"] if views else [])])


def _say(name: str, value: float | bool) -> str:
    return name if value is True else f"{name} {value:g}"
