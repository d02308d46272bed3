"""A page that shows what the augmentation does to pictures: variants of each, as the network sees them, and mixing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torchvision.transforms.v2.functional import to_pil_image

from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.mixing import Mixing, mix, mixing_numbers
from vitrine.data.augmentation.policies import Policy
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.sources.samples import Sample
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.reports.previews.augmentation_words import describe_mixing, describe_policy
from vitrine.ui.frame import Thumbnail, render, thumbnail
from vitrine.ui.texts import Language, Texts, load_texts

VARIANTS = 16
MIXED = 8
LONGEST_SIDE = 192  # pixels of a thumbnail; 16 variants of six pictures stay below 2 MB


@dataclass(frozen=True)
class Augmentation:
    """What is shown.

    Attributes:
        name: of the policy that the steps start from.
        policy: the steps.
        mixing: of pictures and labels.
        seed: of the training, so that the page shows what a picture of this place in the data set gets.
        stored_side: of the preprocessed images that are stored for training, in pixels.
        side: of the images that the network sees, in pixels.
        preparation: what is done to every picture before.
    """

    name: str
    policy: Policy
    mixing: Mixing
    seed: int
    stored_side: int
    side: int
    preparation: Preparation

    def words(self, texts: Texts) -> list[str]:
        """One phrase for each step."""
        return [*describe_policy(self.policy, texts), *describe_mixing(self.mixing, texts)]

    def sentence(self, texts: Texts) -> str:
        """All steps as one sentence."""
        steps = texts("common.semicolon").join(self.words(texts)) or texts("augmentation.nothing")
        return texts("augmentation.sentence", steps=steps)

    @property
    def settings(self) -> dict[str, str]:
        """Parameters that differ from those of 'none', as a recipe writes them."""
        plain, values = asdict(Policy()), asdict(self.policy) | asdict(self.mixing)
        values["mix_probability"] = values.pop("probability")
        names = [name for name in values if name != "automatic"]
        plain |= {"mixup": 0.0, "cutmix": 0.0, "mix_probability": values["mix_probability"]}
        if self.mixing.is_on:
            plain["mix_probability"] = None
        return {name: _as_written(values[name]) for name in names if values[name] != plain[name]}


@dataclass(frozen=True)
class Mixture:
    """A mixed picture, and in words what its label is made of."""

    picture: Thumbnail
    words: str


def write_augmentation_page(
    path: Path, name: str, samples: Sequence[Sample], shown: Augmentation, language: Language = "en"
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file.
        name: of the recipe.
        samples: at least one.
        shown: what is done to them.
        language: of the page.

    Raises:
        UserError: the folder of the page is not there.
    """
    if not path.parent.is_dir():
        raise UserError(f"--out: there is no folder {path.parent}; make it first, or give another place")
    texts = load_texts(language)
    preprocessed = torch.stack(
        [preprocess_image(sample.picture, shown.stored_side, shown.preparation) for sample in samples]
    )
    content = {
        "name": name,
        "shown": shown,
        "words": shown.words(texts),
        "rows": [
            {
                "sample": sample,
                "original": _show(preprocessed[index]),
                "variants": [_show(variant) for variant in make_variants(preprocessed[index], index, shown)],
            }
            for index, sample in enumerate(samples)
        ],
        "mixtures": make_mixtures(preprocessed, [sample.label_name or sample.name for sample in samples], shown, texts),
    }
    write_text(path, render("previews/augmentation.html.jinja", content, texts))


def make_variants(preprocessed: torch.Tensor, index: int, shown: Augmentation, count: int = VARIANTS) -> torch.Tensor:
    """A picture as in epochs 1 to `count`.

    Args:
        preprocessed: uint8 `[3, stored_side, stored_side]`.
        index: place among the training pictures.
        shown: what is done.
        count: number of variants.

    Returns:
        float `[count, 3, side, side]`, 0 to 255.
    """
    numbers = torch.cat([torch.from_numpy(draw_numbers(shown.seed, epoch, [index])) for epoch in range(count)]).numpy()
    return augment(preprocessed.expand(count, -1, -1, -1), numbers, shown.policy, side=shown.side)


def make_mixtures(preprocessed: torch.Tensor, names: Sequence[str], shown: Augmentation, texts: Texts) -> list[Mixture]:
    """Pictures out of mixed batches, or none where nothing is mixed or there is only one picture.

    Args:
        preprocessed: uint8 `[pictures, 3, stored_side, stored_side]`.
        names: of their classes.
        shown: what is done; every batch here is mixed, whatever the probability.
        texts: of the page's language.
    """
    if not shown.mixing.is_on or len(preprocessed) < 2:
        return []
    known = sorted(set(names))
    label_ids = torch.tensor([known.index(name) for name in names])
    mixtures = []
    for epoch in range(MIXED):
        pixels = augment(
            preprocessed, draw_numbers(shown.seed, epoch, range(len(preprocessed))), shown.policy, side=shown.side
        )
        always = replace(shown.mixing, probability=1.0)
        mixed, targets = mix(pixels, label_ids, len(known), always, mixing_numbers(shown.seed, epoch, 0))
        place = epoch % len(preprocessed)
        shares = sorted(zip(targets[place].tolist(), known, strict=True), reverse=True)
        words = " + ".join(f"{texts.percent(share)} {name}" for share, name in shares if share > 0.005)
        mixtures.append(Mixture(_show(mixed[place]), words))
    return mixtures


def _show(pixels: torch.Tensor) -> Thumbnail:
    picture = to_pil_image(pixels.round().to(torch.uint8))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return thumbnail(picture)


def _as_written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
