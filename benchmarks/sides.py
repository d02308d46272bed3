"""What the speed benchmarks share: a side in its own process, Vitrine's recipe, and the Trainer script beside it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import Trainer

    from vitrine.config.recipe import Recipe

ROOT = Path(__file__).parent.parent
RESULT = "result:"
BATCH_SIZE = 32


def run_alone(script: str, arguments: Sequence[str]) -> Any:
    """Runs one side of a benchmark in a process of its own, so that neither warms up the other.

    Returns:
        What the process gave to `print_result`.
    """
    answer = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)
    lines = [line for line in answer.stdout.splitlines() if line.startswith(RESULT)]
    if not lines:
        sys.exit(answer.stderr)
    return json.loads(lines[-1].removeprefix(RESULT))


def print_result(result: Any) -> None:
    print(RESULT + json.dumps(result))


def load_matching_recipe(name: str, prepared: Path, overrides: Sequence[str]) -> "Recipe":
    """A recipe of configs/ with the settings that the pictures were prepared with."""
    from vitrine.config.loading import load_recipe
    from vitrine.data.prepared.dataset import open_prepared

    settings = open_prepared(prepared).facts.settings.content()
    # Text is taken as it stands; quotes would be part of it.
    words = {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
    stored = [f"{key}={word}" for key, word in words.items() if key != "data.source"]
    return load_recipe(ROOT / "configs" / name, [*stored, f"data.prepared={prepared}", *overrides])


class TrainerScript:
    """The image-classification guide of transformers on a prepared data set.

    One random crop per picture, loaded and normalised by a transform of the data set, fp32, default memory layout, an
    evaluation after each epoch.

    Attributes:
        trainer: ready to train.
        test: the test pictures, transformed as for evaluation.
        label_ids: true classes of the test pictures.
        pictures: number of training pictures.
    """

    def __init__(
        self, model: str, prepared: Path, folder: str, seed: int, epochs: int, rate: float, frozen: bool
    ) -> None:
        import torch
        from torchvision.transforms import CenterCrop, Compose, Normalize, RandomResizedCrop, Resize, ToTensor
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        from vitrine.data.prepared.dataset import open_prepared

        data = open_prepared(prepared)
        side = data.facts.image_size
        processor = AutoImageProcessor.from_pretrained(model)
        normalize = Normalize(mean=processor.image_mean, std=processor.image_std)
        for_training = Compose([RandomResizedCrop(side), ToTensor(), normalize])
        for_evaluation = Compose([Resize(side), CenterCrop(side), ToTensor(), normalize])

        def transformed(split: str, transform: Compose) -> Any:
            def apply(rows: dict[str, list]) -> dict[str, list]:
                pictures = [transform(picture.convert("RGB")) for picture in rows["image"]]
                return {"pixel_values": pictures, "labels": rows["label"]}

            return data.splits[split].with_transform(apply)

        torch.manual_seed(seed)
        network = AutoModelForImageClassification.from_pretrained(
            model, num_labels=len(data.label_names), ignore_mismatched_sizes=True
        )
        if frozen:
            freeze_backbone(network)
        self.pictures = len(data.splits["train"])
        self.test = transformed("test", for_evaluation)
        self.label_ids = data.splits["test"]["label"]
        self.trainer = _build_trainer(
            network, transformed("train", for_training), transformed("validation", for_evaluation),
            output_dir=folder, seed=seed, num_train_epochs=epochs, learning_rate=rate,
        )  # fmt: skip

    def measure_accuracy(self) -> float:
        """On the test pictures."""
        import numpy as np

        logits = self.trainer.predict(self.test).predictions
        return float((logits.argmax(-1) == np.asarray(self.label_ids)).mean())


def freeze_backbone(network: Any) -> None:
    """Leaves the head to be trained; in a network of timm the base model holds the head, too."""
    network.base_model.requires_grad_(False)
    if hasattr(network, "timm_model"):
        network.timm_model.get_classifier().requires_grad_(True)


def _build_trainer(network: Any, train: Any, validation: Any, **options: Any) -> "Trainer":
    import torch
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(
        remove_unused_columns=False,
        per_device_train_batch_size=BATCH_SIZE,
        per_device_eval_batch_size=BATCH_SIZE,
        eval_strategy="epoch",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        **options,
    )
    return Trainer(model=network, args=arguments, train_dataset=train, eval_dataset=validation)
