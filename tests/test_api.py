"""The Python API as a notebook uses it, with the mistakes that people make."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import vitrine
from tests.factories import fault_of

ROOT = Path(__file__).parent.parent
FUNCTIONS = (vitrine.prepare, vitrine.study, vitrine.train, vitrine.evaluate, vitrine.compare, vitrine.load)


def test_importing_vitrine_loads_no_large_library():
    program = (
        "import sys; import vitrine\n"
        "heavy = {'torch', 'transformers', 'datasets', 'pandas', 'numpy', 'pydantic', 'PIL'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else None)"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_every_name_is_there_and_is_listed_and_others_are_refused():
    assert set(vitrine.__all__) <= set(dir(vitrine))
    assert all(getattr(vitrine, name).__doc__ for name in vitrine.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        vitrine.trian  # noqa: B018


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_explains_every_parameter(function):
    documented = inspect.getdoc(function)
    assert "Raises:" in documented
    assert ">>>" in documented
    for name in inspect.signature(function).parameters:
        assert f"{name}:" in documented, name


def test_nothing_is_printed_without_a_terminal(colors_folder, capfd):
    vitrine.prepare("pictures/colours", image_size=16, folder="prepared/again")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


@pytest.mark.parametrize(
    ("call", "given", "parameters", "message"),
    [
        (vitrine.prepare, ["nowhere"], {}, "data.source: nowhere: it is not there"),
        (vitrine.prepare, ["pictures/colours"], {"image_sice": 3}, "image_sice: unknown name; did you mean"),
        (vitrine.prepare, ["pictures/colours"], {"image_size": 3}, "data.image_size: must be at least 8 (got 3)"),
        (vitrine.prepare, ["pictures/colours"], {"recipe": "no.yaml"}, "no.yaml: there is no such recipe"),
        (vitrine.prepare, ["pictures/colours"], {"recipe": "pictures"}, "recipe: pictures is a folder"),
        (vitrine.train, ["pictures/colours"], {}, "vitrine.prepare makes one of a folder of pictures"),
        (vitrine.train, ["prepared/colours"], {"lr": 1e-3}, "lr: unknown name; did you mean optim.learning_rate?"),
        (vitrine.train, ["prepared/colours"], {"epochs": 2.5}, "optim.epochs: must be a whole number (got 2.5)"),
        (vitrine.train, ["prepared/colours"], {"optim": {"epocs": 2}}, "did you mean optim.epochs?"),
        (vitrine.train, ["prepared/colours"], {"optim.name": "adamm"}, "did you mean adam"),
        (vitrine.train, ["prepared/colours"], {"image_size": 32}, "data.image_size is 32, not 16"),
        (vitrine.train, ["prepared/colours"], {"backbone": "rasnet18"}, "nearest in our table: resnet18"),
        (vitrine.study, ["prepared/colours"], {}, "'small_cnn' starts from random weights"),
        (vitrine.study, ["prepared/colours"], {"pictures": 0}, "pictures: must be at least 1 (got 0)"),
        (vitrine.load, ["nowhere/model"], {}, "no such folder here"),
        (vitrine.load, ["prepared/colours"], {}, "prepared/colours is not a model folder"),
        (vitrine.Run.open, ["prepared/colours"], {}, "is not a run folder"),
        (vitrine.evaluate, ["finished", "nowhere"], {}, "data.source: nowhere: it is not there"),
        (vitrine.evaluate, ["finished", "pictures/colours"], {"optim": {}}, "optim: only parameters of the sections"),
        (vitrine.evaluate, ["finished", "pictures/colours"], {"folder": "pictures"}, "is not an evaluation"),
        (vitrine.compare, ["prepared/colours"], {}, "name what is compared"),
        (vitrine.compare, ["prepared/colours", {"a": {"epocs": 1}}], {}, "variants.a: epocs: unknown name"),
        (vitrine.compare, ["prepared/colours", {"a": {}}], {"seed": 3}, "give seeds=[0, 1, 2]"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(colors_folder, call, given, parameters, message):
    before = sorted(colors_folder.iterdir())
    assert message in fault_of(call, *given, **parameters)
    left = [path for path in sorted(colors_folder.iterdir()) if path not in before]
    assert [path for path in left if path.name != "runs" or list(path.glob("*/*"))] == []


def test_two_folders_of_one_name_do_not_replace_each_other(colors_folder, make_class_folders):
    make_class_folders({"a": 6, "b": 6}, "elsewhere/colours")
    message = fault_of(vitrine.prepare, "elsewhere/colours", image_size=16)
    assert "prepared/colours was prepared from pictures/colours, not from elsewhere/colours" in message
    assert 'name="colours_2"' in message
