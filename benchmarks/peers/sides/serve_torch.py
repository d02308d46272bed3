"""A bare FastAPI with torch: torchvision's ResNet-18, its usual transforms, one route."""

import argparse
import json
from pathlib import Path

import torch
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image
from torchvision.models import resnet18
from torchvision.transforms import Compose, Normalize, Resize, ToTensor

TOP = 5


def build(folder: Path) -> FastAPI:
    """The server of a model folder (transformers/ for the class names, torch.pth for the weights)."""
    names = list(json.loads((folder / "transformers" / "config.json").read_text())["id2label"].values())
    model = resnet18(num_classes=len(names))
    model.load_state_dict(torch.load(folder / "torch.pth", weights_only=True))
    model.eval()
    prepare = Compose([Resize((224, 224)), ToTensor(), Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    server = FastAPI()

    @server.post("/predict")
    def predict(picture: UploadFile) -> dict[str, object]:
        pixels = prepare(Image.open(picture.file).convert("RGB"))[None]
        with torch.inference_mode():
            shares, places = model(pixels).softmax(-1)[0].topk(min(TOP, len(names)))
        found = zip(places.tolist(), shares.tolist(), strict=True)
        return {"probabilities": [{"label": names[place], "probability": share} for place, share in found]}

    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(build(options.model), port=options.port, log_level="warning")
