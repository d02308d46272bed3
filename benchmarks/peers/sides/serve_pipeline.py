"""transformers.pipeline behind one route of FastAPI."""

import argparse
from pathlib import Path

import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image
from transformers import pipeline


def build(folder: Path) -> FastAPI:
    """The server of a model folder (transformers/)."""
    classify = pipeline("image-classification", model=str(folder / "transformers"))
    server = FastAPI()

    @server.post("/predict")
    def predict(picture: UploadFile) -> dict[str, object]:
        answers = classify(Image.open(picture.file).convert("RGB"))
        return {"probabilities": [{"label": one["label"], "probability": one["score"]} for one in answers]}

    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(build(options.model), port=options.port, log_level="warning")
