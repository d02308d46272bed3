"""A folder that serves a model's page with exact versions and without torch."""

import ast
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest
from packaging.utils import canonicalize_name

from tests.factories import fault_of
from tests.ship.evidence import GOLDEN_RUN
from vitrine.predict.predictor import Predictor
from vitrine.ship import bundle as module
from vitrine.ship.bundle import PACKAGE, ROOMS, build_bundle
from vitrine.ship.data_card import read_head
from vitrine.ship.export import export_onnx
from vitrine.ship.pins import pin_libraries

GOLDEN = Path(__file__).parents[1] / "golden"
MODEL = GOLDEN / GOLDEN_RUN / "model"
# Runs a bundle's own code with every library of training out of reach.
WITHOUT_TRAINING = """
import sys

TRAINING = ("torch", "transformers", "torchvision", "timm", "datasets", "sklearn", "onnx", "scipy")

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in TRAINING:
            raise ImportError(f"{name} is not in a bundle")

sys.meta_path.insert(0, Refuse())
import vitrine.app.server
from PIL import Image
from vitrine.app.classifier import example_images
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor

predictor = Predictor.load("model.onnx")
explainer = Explainer(Predictor.load("explained.onnx"))
found = explainer.explain(Image.effect_noise((99, 99), 90).convert("RGB"))
verdict = explainer.judge(found)
answer = predictor.predict(Image.new("RGB", (9, 9)))[0][1]
print(vitrine.__file__, len(example_images(predictor)), answer, found.method, verdict.own.insertion)
"""


@pytest.fixture(scope="module")
def _exported():
    """An ONNX file that is there already, in place of one that takes seconds."""

    def copy(_, file):
        shutil.copyfile(GOLDEN / "colours.onnx", file)
        return Predictor.load(str(file))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "export_onnx", copy)
        yield


@pytest.fixture(scope="module")
def bundle(_exported, tmp_path_factory):
    return build_bundle(str(MODEL), tmp_path_factory.mktemp("bundle") / "space")


def test_no_room_of_the_page_enters_one_that_is_left_out(bundle):
    entered = set()
    for room in sorted(set(ROOMS) - {"commands"}):  # a command enters what it needs when it is called
        for path in (bundle.folder / "vitrine" / room).rglob("*.py"):
            entered |= set(re.findall(r"(?m)^(?:from|import) vitrine\.(\w+)", path.read_text("utf-8")))
    assert {name for name in entered if not (PACKAGE / f"{name}.py").exists()} <= set(ROOMS)


def test_the_head_of_its_card_gives_versions_in_full(bundle):
    head = read_head((bundle.folder / "README.md").read_text("utf-8"))
    assert (head["sdk"], head["app_file"], head["title"]) == ("gradio", "app.py", "colours")
    assert head["python_version"] == "3.12.12"
    assert f"gradio=={head['sdk_version']}\n" in (bundle.folder / "requirements.txt").read_text()


def test_every_library_has_one_exact_version(bundle):
    lines = (bundle.folder / "requirements.txt").read_text().splitlines()
    assert all(line.count("==") == 1 for line in lines)
    assert not any(line.startswith(("torch", "transformers")) for line in lines)


def test_it_holds_the_rooms_of_the_page_and_no_other(bundle):
    rooms = {path.name for path in (bundle.folder / "vitrine").iterdir() if path.is_dir()}
    assert rooms == set(ROOMS)
    assert not rooms & {"training", "evaluation", "reports", "experiments", "workflows", "ship"}
    assert not list(bundle.folder.rglob("__pycache__"))
    assert bundle.sizes["model.onnx"] == (bundle.folder / "model.onnx").stat().st_size


def imported_at_start(module, seen):
    """Libraries that importing a module of the package imports, those of the modules that it imports too."""
    if module in seen:
        return set()
    seen.add(module)
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # a name in a module, not a module
        return set()
    if spec is None:
        return set()
    parent = {module.rpartition(".")[0]} - {""}
    names = {name for parent_name in parent for name in imported_at_start(parent_name, seen)}
    for statement in ast.parse(Path(spec.origin).read_text("utf-8")).body:  # neither in functions nor for type checkers
        if isinstance(statement, ast.Import):
            found = [one.name for one in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            found = [statement.module, *(f"{statement.module}.{one.name}" for one in statement.names)]
        else:
            continue
        for name in found:
            names |= imported_at_start(name, seen) if name.startswith("vitrine") else {name.partition(".")[0]}
    return names


def test_what_starts_the_page_imports_only_libraries_of_its_bundle():
    seen = set()
    starts = ("vitrine.commands.app", "vitrine.app.server", "vitrine.app.corrections")
    names = {name for start in starts for name in imported_at_start(start, seen)} - set(sys.stdlib_module_names)
    distributions = packages_distributions()
    pinned = {canonicalize_name(name) for name in pin_libraries()}
    assert {
        name for name in names if not pinned & {canonicalize_name(one) for one in distributions.get(name, ())}
    } == set()


@pytest.mark.slow
def test_its_own_code_answers_and_explains_without_any_library_of_training(bundle):
    export_onnx(str(MODEL), bundle.folder / "explained.onnx")
    command = [sys.executable, "-B", "-c", WITHOUT_TRAINING]
    done = subprocess.run(command, cwd=bundle.folder, capture_output=True, text=True, check=False)
    (bundle.folder / "explained.onnx").unlink()
    assert done.returncode == 0, done.stderr
    place, examples, probability, method, insertion = done.stdout.split()
    assert method == "hirescam"
    assert 0 <= float(insertion) <= 1
    assert Path(place).is_relative_to(bundle.folder)
    assert int(examples) == bundle.examples == 12
    assert 0 < float(probability) <= 1


def test_on_zero_gpu_it_has_the_function_that_the_platform_looks_for(bundle, tmp_path):
    def read(folder):
        return (folder / "app.py").read_text("utf-8")

    assert "spaces.GPU" not in read(bundle.folder)
    for_zero_gpu = read(build_bundle(str(MODEL), tmp_path / "space", for_zero_gpu=True).folder)
    assert "@spaces.GPU" in for_zero_gpu
    compile(for_zero_gpu, "app.py", "exec")


def test_a_bundle_is_replaced_and_another_folder_is_not(bundle, tmp_path):
    copy = tmp_path / "space"
    shutil.copytree(bundle.folder, copy)
    (copy / "examples/old.png").touch()
    build_bundle(str(MODEL), copy)
    assert not (copy / "examples/old.png").exists()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").touch()
    assert "holds something else than a bundle" in fault_of(build_bundle, str(MODEL), tmp_path / "thesis")
    assert "is a file" in fault_of(build_bundle, str(MODEL), tmp_path / "thesis/chapter.tex")


def test_its_onnx_file_is_whole_and_names_the_pictures_beside_it(bundle):
    content = onnx.load(str(bundle.folder / "model.onnx"))
    (note,) = [json.loads(one.value) for one in content.metadata_props if one.key == "vitrine"]
    files = [one["file"] for one in note["metadata"]["examples"]]
    assert all((bundle.folder / file).is_file() for file in files)


@pytest.mark.usefixtures("_exported")
def test_a_picture_that_is_gone_from_the_model_is_not_missed(tmp_path):
    thinned = tmp_path / "model"
    shutil.copytree(MODEL, thinned)
    gone = min((thinned / "examples").glob("*.png"))
    gone.unlink()
    bundle = build_bundle(str(thinned), tmp_path / "space")
    assert f"examples/{gone.name}" not in bundle.sizes
    assert bundle.examples == 11


@pytest.mark.usefixtures("_exported")
def test_its_pictures_bring_their_maps_so_that_no_visitor_waits_for_them(bundle, tmp_path):
    examples = Predictor.load(str(bundle.folder / "model.onnx")).metadata.examples
    maps = [one.map for one in examples if one.map]
    assert maps
    assert {one.file for one in maps} == {
        path.relative_to(bundle.folder).as_posix() for path in bundle.folder.rglob("*.map.png")
    }
    without = build_bundle(str(MODEL), tmp_path / "space", with_examples=False)
    assert not [name for name in without.sizes if name.startswith("examples/")]
