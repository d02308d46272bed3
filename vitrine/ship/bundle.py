"""A folder that serves the page of a model anywhere: model, page, exact versions, and nothing that is not needed.

It is a Gradio Space of the Hugging Face Hub as it stands, and `python app.py` in it is the same on any machine. ONNX
Runtime computes; neither torch nor transformers is installed.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import yaml

import vitrine
from vitrine.explain.class_maps import tells_its_map
from vitrine.explain.example_maps import add_maps
from vitrine.explain.explainer import Explainer
from vitrine.models.hub_files import find_model_folder, is_inside
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.onnx import NOTES
from vitrine.records.atomic import check_replaceable, new_folder
from vitrine.records.model import METADATA, Example, ModelMetadata
from vitrine.records.onnx_checksum import seal
from vitrine.ship.export import export_onnx, load_to_export
from vitrine.ship.model_files import measure_files, plain_picture
from vitrine.ship.pins import PYTHON, pin_libraries

MODEL = "model.onnx"
APP = "app.py"
CARD = "README.md"
REQUIREMENTS = "requirements.txt"
CONTAINER = "Dockerfile"  # a Gradio Space passes it over
PACKAGE = Path(vitrine.__file__).parent
ROOMS = (
    "app",
    "commands",
    "config",
    "corrections",
    "data",
    "explain",
    "models",
    "predict",
    "records",
    "ui",
    "work",
)  # that the page enters
START = '''"""The page of the model beside this file: `pip install -r requirements.txt`, then `python app.py`."""

import sys
from pathlib import Path

from vitrine.commands.app import main
{zero_gpu}
if __name__ == "__main__":
    sys.exit(main(["--model", str(Path(__file__).parent / "{model}"), *sys.argv[1:]]))
'''
# The platform counts a Space as one for ZeroGPU by such a function; the model itself needs no GPU.
ZERO_GPU = '''
try:
    import spaces  # the platform has it; elsewhere it is not needed
except ImportError:
    pass
else:

    @spaces.GPU(duration=1)
    def hold_gpu() -> None:
        """Does nothing: the processor computes the model."""

'''
TEXT = """\
# {name}

The page of an image classifier that Vitrine made. On any machine with Python 3.11 or newer:
`pip install -r requirements.txt`, then `python app.py`. With Docker: `docker build --tag page .`, then
`docker run --publish 7860:7860 page`.
"""


@dataclass(frozen=True)
class Bundle:
    """What was made.

    Attributes:
        folder: of it.
        sizes: bytes of its files, by path.
        examples: number of pictures that everybody will see who sees the page.
    """

    folder: Path
    sizes: dict[str, int]
    examples: int

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(self.sizes.values())


def build_bundle(
    model_id: str,
    folder: Path,
    with_examples: bool = True,
    for_zero_gpu: bool = False,
    say: Callable[[str], object] = lambda _line: None,
) -> Bundle:
    """Makes the folder; a bundle that is there already is replaced when the new one is whole.

    Args:
        model_id: model folder, or id on the Hugging Face Hub.
        folder: to make.
        with_examples: whether the test pictures of the model go along, for visitors to try.
        for_zero_gpu: whether the Space shall run on ZeroGPU.
        say: is told what takes long.

    Raises:
        UserError: the model cannot be loaded or exported; a library is missing; the folder holds something else.
    """
    check_replaceable(folder, [MODEL, APP], "a bundle of Vitrine")
    pins = pin_libraries()
    with new_folder(folder, replace=True) as bundle:
        predictor = export_onnx(model_id, bundle / MODEL)
        examples = _copy_examples(find_model_folder(model_id), bundle) if with_examples else []
        if examples:
            say(f"looking at what the answers to its {len(examples)} test pictures rest on ...")
            examples = add_maps(_choose_explainer(predictor, model_id), bundle, examples)
        _name_examples(bundle / MODEL, examples)
        _copy_code(bundle / "vitrine")
        (bundle / APP).write_text(START.format(zero_gpu=ZERO_GPU if for_zero_gpu else "", model=MODEL), "utf-8")
        (bundle / REQUIREMENTS).write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), "utf-8")
        shutil.copyfile(Path(__file__).with_name(CONTAINER), bundle / CONTAINER)
        (bundle / CARD).write_text(_describe_space(_name(predictor), pins["gradio"]), "utf-8")
        sizes = measure_files(bundle)
    return Bundle(folder, sizes, len(examples))


def _copy_code(folder: Path) -> None:
    folder.mkdir()
    for path in PACKAGE.glob("*.py"):
        shutil.copyfile(path, folder / path.name)
    for room in ROOMS:
        shutil.copytree(PACKAGE / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))


def _copy_examples(model: Path, bundle: Path) -> list[Example]:
    """Pictures of the model folder, as pixels alone."""
    metadata = ModelMetadata.read(model / METADATA) if (model / METADATA).is_file() else None
    named = metadata.examples if metadata else []
    examples = [one for one in named if is_inside(model, one.file) and (model / one.file).is_file()]
    for one in examples:
        (bundle / one.file).parent.mkdir(parents=True, exist_ok=True)
        (bundle / one.file).write_bytes(plain_picture(model / one.file))
    return examples


def _choose_explainer(predictor: Predictor, model_id: str) -> Explainer:
    """The ONNX file where it can tell its map, which is the quickest; else the model folder, while torch is at hand."""
    return Explainer(predictor if tells_its_map(predictor.network) else load_to_export(model_id))


def _name_examples(file: Path, examples: list[Example]) -> None:
    """Tells an ONNX file of the pictures beside it."""
    content = onnx.load(str(file))
    for note in content.metadata_props:
        if note.key == NOTES:
            said: dict[str, Any] = json.loads(note.value)
            if said["metadata"]:
                said["metadata"]["examples"] = [one.model_dump(mode="json") for one in examples]
            note.value = json.dumps(said, ensure_ascii=False)
    file.write_bytes(seal(content))


def _name(predictor: Predictor) -> str:
    return predictor.metadata.name if predictor.metadata else "Vitrine"


def _describe_space(name: str, gradio: str) -> str:
    """README.md, whose head the Hub reads; without versions in full it takes older ones."""
    head = {
        "title": name,
        "sdk": "gradio",
        "sdk_version": gradio,
        "python_version": PYTHON,
        "app_file": APP,
        "pinned": False,
        "tags": ["vitrine"],
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n{TEXT.format(name=name)}"
