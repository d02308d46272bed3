"""A process of its own that talks to the Hub double: huggingface_hub reads its settings once, when it is imported.

One process serves a whole test file, since its imports take seconds:

    with HubClient(hub.environment(tmp_path)) as client:
        answer = client.call("push", "prepared", "ann/birds")
"""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent.parent


class HubClient:
    """Calls the functions below in a process with an environment of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub_client"],
            cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def call(self, function: str, *arguments: Any, **named: Any) -> dict[str, Any]:
        """The answer: `value`, or `error` (a UserError's text); `output`, `errors` and `seconds` in any case."""
        line = json.dumps([function, [str(one) for one in arguments], named])
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "crash" not in answer, answer["crash"]
        return answer


def push(*arguments: str) -> int:
    """`python -m vitrine push-data`; returns the exit code."""
    from vitrine.commands.push_data import main

    return main(arguments)


def push_model(*arguments: str) -> int:
    """`python -m vitrine push-model`; returns the exit code."""
    from vitrine.commands.push_model import main

    return main(arguments)


def push_space(*arguments: str) -> int:
    """`python -m vitrine push-space`; returns the exit code."""
    from vitrine.commands.push_space import main

    return main(arguments)


def push_corrections(folder: str, repo_id: str, every: str = "60") -> list[str]:
    """Pushes a store once, with a judgment that comes while the page runs; returns what was said."""
    from tests.corrections.examples import judgment
    from vitrine.corrections.publish import pushing
    from vitrine.corrections.store import CorrectionStore

    said: list[str] = []
    store = CorrectionStore(Path(folder))
    with pushing(store, repo_id, said.append, float(every)) as scheduler:
        scheduler.trigger().result()
        store.add(judgment(f"picture {len(store.all())}", "=1+1"))
        scheduler.trigger().result()
    return said


def predict(*arguments: str) -> int:
    """`python -m vitrine predict`; returns the exit code."""
    from vitrine.commands.predict import main

    return main(arguments)


def ask_everything(repo_id: str, picture: str) -> dict[str, list[float]]:
    """Probabilities of a picture in the order of the label ids: by Vitrine, by a pipeline, by AutoModel."""
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModelForImageClassification, pipeline

    from vitrine.predict.predictor import Predictor

    predictor, image = Predictor.load(repo_id), Image.open(picture)
    classify = pipeline("image-classification", model=repo_id, trust_remote_code=True, top_k=None)
    scores = {row["label"]: row["score"] for row in classify(picture)}
    network = AutoModelForImageClassification.from_pretrained(repo_id, trust_remote_code=True).eval()
    processor = AutoImageProcessor.from_pretrained(repo_id, trust_remote_code=True)
    with torch.inference_mode():
        logits = network(**processor(images=image, return_tensors="pt")).logits
    return {
        "vitrine": predictor.predict_images([image]).probabilities[0].tolist(),
        "pipeline": [scores[name] for name in predictor.label_names],
        "auto": torch.softmax(logits, dim=1)[0].tolist(),
        "classes": len(predictor.label_names),
    }


def ask_all(repo_id: str, folder: str) -> dict[str, list[float]]:
    """Probabilities of each picture of a folder that can be read."""
    from vitrine.data.images.decoding import ImageError
    from vitrine.predict.predictor import Predictor

    predictor, answers = Predictor.load(repo_id), {}
    for path in sorted(Path(folder).iterdir()):
        with contextlib.suppress(ImageError):
            answers[path.name] = predictor.predict_images([predictor.open_image(path)]).probabilities[0].tolist()
    return answers


def ask_page(repo_id: str, picture: str) -> dict[str, float]:
    """Probabilities by label, as the page of `app.py --model` gives them to a program."""
    from gradio_client import Client, handle_file

    from vitrine.app.address import free_port
    from vitrine.app.server import load_ready, open_page

    with open_page(load_ready(repo_id), "127.0.0.1", free_port("127.0.0.1", 0)) as address:
        answer = Client(address, verbose=False).predict(picture=handle_file(picture), top_k=9, api_name="/decide")
    return {row["label"]: row["confidence"] for row in answer["confidences"]}


def evaluate(*arguments: str) -> int:
    """`python -m vitrine evaluate`; returns the exit code."""
    from vitrine.commands.evaluate import main

    return main(arguments)


def find(source: str, workspace: str, **sections: Any) -> list[dict[str, str]]:
    """What `find_dataset_files` finds."""
    from vitrine.config.data import DataSection
    from vitrine.data.sources.hub_dataset import find_dataset_files

    found = find_dataset_files(source, DataSection(**sections), Path(workspace))
    return [{**asdict(file), "path": str(file.path)} for file in found]


def load(repo_id: str) -> dict[str, list[list[str]]]:
    """Per split what `datasets.load_dataset` gives: file, class, hash of the pixels."""
    import datasets

    splits = datasets.load_dataset(repo_id, download_mode="force_redownload")
    return {name: describe_rows(split) for name, split in splits.items()}


def describe_rows(split: Any) -> list[list[str]]:
    """File, class and hash of the pixels of each row."""
    names = split.features["label"].names
    return [
        [row["file"], names[row["label"]], hashlib.sha256(row["image"].convert("RGB").tobytes()).hexdigest()]
        for row in split
    ]


def download(repo_id: str, folder: str) -> list[str]:
    """The files of a model."""
    from huggingface_hub import snapshot_download

    snapshot_download(repo_id, local_dir=folder)
    return sorted(
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.*") if ".cache" not in str(path)
    )


def upload(folder: str, repo_id: str, repo_type: str) -> str:
    """Makes a repository of a folder; returns the commit."""
    from huggingface_hub import HfApi

    HfApi().create_repo(
        repo_id, repo_type=repo_type, exist_ok=True, **({"space_sdk": "static"} if repo_type == "space" else {})
    )
    return HfApi().upload_folder(repo_id=repo_id, folder_path=folder, repo_type=repo_type).oid


def set_variable(name: str, value: str) -> None:
    """Changes the environment; tokens are read anew for each request."""
    os.environ[name] = value
    if not value:
        del os.environ[name]


def hurry(seconds: str) -> None:
    """Shortens the wait for a Hub that does not answer."""
    from vitrine.data.sources import hub_access

    hub_access.ANSWER_SECONDS = float(seconds)


def answer_line(line: str) -> dict[str, Any]:
    from vitrine.errors import UserError

    function, arguments, named = json.loads(line)
    start = time.perf_counter()
    answer: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            answer["value"] = globals()[function](*arguments, **named)
        except UserError as error:
            answer["error"] = str(error)
        except Exception as error:
            answer["crash"] = f"{type(error).__name__}: {error}"
    return answer | {
        "output": output.getvalue(), "errors": errors.getvalue(), "seconds": time.perf_counter() - start,
    }  # fmt: skip


if __name__ == "__main__":
    for request in sys.stdin:
        sys.stdout.write(f"{json.dumps(answer_line(request))}\n")
        sys.stdout.flush()
