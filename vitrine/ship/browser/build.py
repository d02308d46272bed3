"""Makes the folder of a page that runs a model in the visitor's browser; any web server can serve it."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vitrine.errors import UserError
from vitrine.models.hub_files import find_model_folder, is_inside
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import ArrayPreprocessing
from vitrine.predict.runtimes.onnx import OUTPUTS
from vitrine.records.atomic import check_replaceable, new_folder
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.onnx_checksum import has_onnx_suffix
from vitrine.ship.browser.fusing import fuse
from vitrine.ship.browser.runtime import RUNTIMES, WEBGPU, fetch_runtime
from vitrine.ship.export import export_onnx
from vitrine.ship.golden_pictures import ANSWERS, find_tolerance, write_golden
from vitrine.ui.palette import DARK, LIGHT
from vitrine.ui.texts import LOCALES, load_texts

PAGE = Path(__file__).parent / "page"
FACTS = "page.json"
MODEL = "model.onnx"
EXAMPLES = "examples"
GOLDEN = "golden"
RUNTIME = "runtime"
SERVICE_WORKER = "service-worker.js"
# Only browsers with a graphics processor ask for these, after the first answer.
LATER = tuple(f"{RUNTIME}/{name}" for name in (WEBGPU.api, WEBGPU.glue, WEBGPU.packed))
CARD = "README.md"
TEXTS = ("app.", "browser.", "common.pictures", "common.sizes")  # keys of the sentences that the page says
# Of a Space of the Hub, which shows this file beside the page. The headers give the model several threads.
CARD_TEXT = """\
---
title: {title}
sdk: static
app_file: index.html
pinned: false
custom_headers:
  cross-origin-embedder-policy: require-corp
  cross-origin-opener-policy: same-origin
  cross-origin-resource-policy: cross-origin
---

The model runs in the visitor's browser; pictures do not leave the device. Any web server can serve this folder.
For a first look, call `python -m http.server` in it and open http://localhost:8000; opened as a file, it cannot load
its model.

`runtime/` is ONNX Runtime Web {version} (Microsoft, MIT licence); its wasm files are packed with gzip.
"""


@dataclass(frozen=True)
class BuiltPage:
    """What was made.

    Attributes:
        folder: of the page.
        label_names: that the model knows.
        examples: number of test pictures that are public with it.
        page_bytes: that every visitor loads beside the model, as a server without compression sends them.
        model_bytes: of the model.
    """

    folder: Path
    label_names: tuple[str, ...]
    examples: int
    page_bytes: int
    model_bytes: int


def build_page(model_id: str, folder: Path, with_examples: bool = True) -> BuiltPage:
    """Makes the page; a page that is in the folder already is replaced when the new one is whole.

    Args:
        model_id: model folder, id on the Hugging Face Hub, or an ONNX file that `python -m vitrine export` wrote.
        folder: to make.
        with_examples: whether the test pictures of the model folder can be seen and tried by everyone.

    Raises:
        UserError: the model cannot be loaded, exported or prepared for in a browser; npm is missing or fails; the
            folder holds something else.
    """
    check_replaceable(folder, [FACTS], "a static page of Vitrine")
    runtime = fetch_runtime()
    with new_folder(folder, replace=True) as page:
        predictor, is_fused = _write_model(model_id, page / MODEL)
        facts = _describe(predictor)
        facts["examples"] = _write_examples(model_id, predictor, page) if with_examples else []
        facts["golden"] = _write_golden(predictor, page)
        shutil.copytree(PAGE, page, dirs_exist_ok=True)
        shutil.copytree(runtime, page / RUNTIME)
        _write_texts(page)
        facts["model"] = {"file": MODEL, "bytes": (page / MODEL).stat().st_size, "fused": is_fused}
        (page / FACTS).write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
        (page / CARD).write_text(_describe_space(facts["name"]), "utf-8")
        _name_files(page)
        sizes = {path.relative_to(page).as_posix(): path.stat().st_size for path in page.rglob("*") if path.is_file()}
    left_out = (MODEL, CARD, *LATER)
    beside = sum(size for name, size in sizes.items() if name not in left_out and not name.startswith(EXAMPLES))
    return BuiltPage(folder, predictor.label_names, len(facts["examples"]), beside, sizes[MODEL])


def _write_model(model_id: str, file: Path) -> tuple[Predictor, bool]:
    """The model as the page computes it, and whether its operators are put together already."""
    if not has_onnx_suffix(model_id) or Path(model_id).is_dir():
        export_onnx(model_id, file)
    else:
        Predictor.load(model_id)  # says what is wrong with it
        shutil.copy(Path(model_id).expanduser(), file)
    is_fused = fuse(file)
    return Predictor.load(str(file)), is_fused


def _describe(predictor: Predictor) -> dict[str, Any]:
    """What the page has to know of the model: nothing of the machine that trained it."""
    metadata, trust = predictor.metadata, predictor.trust
    return {
        "name": metadata.name if metadata else "Vitrine",
        "label_names": list(predictor.label_names),
        "preprocessing": _describe_preprocessing(predictor),
        "outputs": {"logits": OUTPUTS[0], "similarity": OUTPUTS[2]},
        "trust": trust and trust.model_dump(mode="json"),
        "test": metadata and _describe_test(metadata),
        "runtimes": {
            engine: {"glue": f"{RUNTIME}/{one.glue}", "binary": f"{RUNTIME}/{one.packed}"}
            for engine, one in RUNTIMES.items()
        },
    }


def _describe_preprocessing(predictor: Predictor) -> dict[str, Any]:
    preprocess, rendering = predictor.preprocess, predictor.rendering
    if not isinstance(preprocess, ArrayPreprocessing):
        raise UserError(
            f"{predictor.model_id}: its image processor ({preprocess.settings.get('image_processor_type')}) is none "
            "that Vitrine makes, and what it does to pictures cannot be done in a browser; train a model with Vitrine"
        )
    settings = preprocess.settings
    return {
        "side": preprocess.side,
        "resize": preprocess.resize,
        "steps": list(preprocess.steps),
        "contrast_factor": settings.get("contrast_factor", 1.5),
        "center_share": settings.get("center_share", settings.get("centre_share", 0.8)),
        "fill_color": rendering.fill_color,
        "color_profiles": rendering.color_profiles,
        "image_mean": settings["image_mean"],
        "image_std": settings["image_std"],
    }


def _describe_test(metadata: ModelMetadata) -> dict[str, Any] | None:
    if metadata.test_accuracy is None or not metadata.test_pictures:
        return None
    return {
        "accuracy": metadata.test_accuracy,
        "interval": metadata.test_accuracy_interval,
        "pictures": metadata.test_pictures,
    }


def _write_examples(model_id: str, predictor: Predictor, page: Path) -> list[dict[str, Any]]:
    """The model's test pictures as plain PNG: without what cameras note beside the pixels."""
    if has_onnx_suffix(model_id):
        return []
    source = find_model_folder(model_id, weights=False)
    metadata = ModelMetadata.read(source / METADATA) if (source / METADATA).is_file() else None
    (page / EXAMPLES).mkdir()
    written: list[dict[str, Any]] = []
    for example in metadata.examples if metadata else []:
        if is_inside(source, example.file) and (source / example.file).is_file():
            file = f"{EXAMPLES}/{len(written):03d}.png"
            predictor.open_image(source / example.file).save(page / file)
            written.append({"file": file, "label_name": example.label_name, "prepared": example.prepared})
    return written


def _write_golden(predictor: Predictor, page: Path) -> dict[str, Any]:
    """The section of page.json, with the files as the page asks for them."""
    folder = page / GOLDEN
    folder.mkdir()
    content = write_golden(predictor, folder, find_tolerance(page / MODEL))
    (folder / ANSWERS).unlink()
    return content | {"pictures": [one | {"file": f"{GOLDEN}/{one['file']}"} for one in content["pictures"]]}


def _write_texts(page: Path) -> None:
    for language in LOCALES:
        entries = load_texts(language).entries.items()
        said = {key: sentence for key, sentence in entries if key.startswith(TEXTS)}
        (page / f"texts.{language}.json").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    light, dark = (" ".join(f"--{name}: {color};" for name, color in asdict(theme).items()) for theme in (LIGHT, DARK))
    style = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{\n  :root {{ {dark} }}\n}}\n"
    (page / "colors.css").write_text(style, "utf-8")


def _describe_space(name: str) -> str:
    lock = json.loads((Path(__file__).parent / "npm" / "package.json").read_text("utf-8"))
    return CARD_TEXT.format(title=json.dumps(name, ensure_ascii=False), version=lock["dependencies"]["onnxruntime-web"])


def _name_files(page: Path) -> None:
    """Tells the service worker which files to keep, at once or later; its version changes whenever one of them does."""
    left_out = (CARD, SERVICE_WORKER)
    files = sorted(path for path in page.rglob("*") if path.is_file() and path.name not in left_out)
    names = [path.relative_to(page).as_posix() for path in files]
    at_once = [name for name in names if name not in LATER]
    content = {"version": _digest(files), "files": at_once, "later": list(LATER)}
    worker = page / SERVICE_WORKER
    worker.write_text(f"self.PAGE = {json.dumps(content)};\n{worker.read_text('utf-8')}", "utf-8")


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
