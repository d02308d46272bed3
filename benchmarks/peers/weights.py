"""One ResNet-18 under the names that each library expects, so that all sides start from the same weights."""

import json
from pathlib import Path

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TORCHVISION_FILE = "hub/checkpoints/resnet18-f37072fd.pth"  # what torchvision looks for in TORCH_HOME
CLASSES = 1000  # of ImageNet
PARTS = {"convolution": "conv", "normalization": "bn"}
SHORTCUT_PARTS = {"convolution": "0", "normalization": "1"}


def write_weights(source: Path | None, folder: Path) -> None:
    """Writes transformers/, torch/ (a TORCH_HOME) and timm/ into a new folder.

    Args:
        source: folder of a ResNet-18 of transformers; None draws random weights, the same in each call.
        folder: to make.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForImageClassification

    model = make_random() if source is None else AutoModelForImageClassification.from_pretrained(source)
    check_network(model.config)
    (folder / "transformers").mkdir(parents=True)
    model.save_pretrained(folder / "transformers")
    write_json(folder / "transformers" / "preprocessor_config.json", describe_preprocessing())
    state = {rename(name): tensor.contiguous() for name, tensor in model.state_dict().items()}
    file = folder / "torch" / TORCHVISION_FILE
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    (folder / "timm").mkdir()
    save_file(state, folder / "timm" / "model.safetensors", {"format": "pt"})
    # AutoGluon's file: a network without its head.
    body = {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}
    torch.save(body, folder / "timm" / "pytorch_model.bin")
    write_json(folder / "timm" / "config.json", describe_for_timm(len(state["fc.bias"])))


def write_served(model: Path, folder: Path) -> None:
    """Writes a trained model for the servers: transformers/ and torch.pth (torchvision's names) in a new folder.

    Args:
        model: folder of a trained ResNet-18 of Vitrine.
        folder: to make.
    """
    import torch
    from transformers import AutoModelForImageClassification

    network = AutoModelForImageClassification.from_pretrained(model)
    (folder / "transformers").mkdir(parents=True)
    network.save_pretrained(folder / "transformers")
    write_json(folder / "transformers" / "preprocessor_config.json", describe_preprocessing())
    torch.save({rename(name): tensor for name, tensor in network.state_dict().items()}, folder / "torch.pth")


def make_random() -> object:
    """A ResNet-18 of transformers that nothing was learned with."""
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.manual_seed(0)
    sizes = {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2], "layer_type": "basic"}
    return ResNetForImageClassification(ResNetConfig(**sizes, num_labels=CLASSES))


def check_network(config: object) -> None:
    """Ends the benchmark where the weights are not of a ResNet-18."""
    shape = (config.model_type, getattr(config, "depths", None), getattr(config, "layer_type", None))
    if shape != ("resnet", [2, 2, 2, 2], "basic"):
        raise SystemExit(f"--weights: {shape} is not ResNet-18 (microsoft/resnet-18), which all peers can start from")


def rename(name: str) -> str:
    """Name of a tensor in torchvision and timm.

    Args:
        name: in transformers, such as `resnet.encoder.stages.1.layers.0.layer.1.normalization.weight`.
    """
    words = name.split(".")
    if words[0] == "classifier":
        return f"fc.{words[-1]}"
    if words[1] == "embedder":
        return f"{PARTS[words[3]]}1.{words[-1]}"
    stage, block, branch = int(words[3]) + 1, words[5], words[6:]
    if branch[0] == "shortcut":
        return f"layer{stage}.{block}.downsample.{SHORTCUT_PARTS[branch[1]]}.{branch[-1]}"
    return f"layer{stage}.{block}.{PARTS[branch[2]]}{int(branch[1]) + 1}.{branch[-1]}"


def describe_preprocessing() -> dict[str, object]:
    return {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": 224, "width": 224},
        "image_mean": MEAN,
        "image_std": STD,
    }


def describe_for_timm(classes: int) -> dict[str, object]:
    preparation = {"input_size": [3, 224, 224], "mean": MEAN, "std": STD, "interpolation": "bicubic", "crop_pct": 1.0}
    names = {"classifier": "fc", "first_conv": "conv1", "num_classes": classes, "pool_size": [7, 7]}
    return {
        "architecture": "resnet18",
        "num_classes": classes,
        "num_features": 512,
        "pretrained_cfg": {**preparation, **names, "fixed_input_size": False},
    }


def write_json(file: Path, content: dict[str, object]) -> None:
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
