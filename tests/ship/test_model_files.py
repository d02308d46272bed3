"""What is published of a model, and what never is."""

import json
import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from PIL import Image, PngImagePlugin

from tests.factories import fault_of
from tests.ship.evidence import GOLDEN_RUN
from vitrine.models.damage import find_model_damage
from vitrine.models.folder import save_metadata
from vitrine.records.model import ModelMetadata
from vitrine.ship.model_files import check_no_places, stage_model

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(GOLDEN / GOLDEN_RUN / "model", folder)
    return folder


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "staged"
    folder.mkdir()
    return folder


def metadata_of(folder):
    return ModelMetadata.read(folder / "vitrine.json")


def test_a_copy_holds_what_is_known_to_belong_to_a_model_and_nothing_else(model, target):
    foreign = ("notes.txt", "pytorch_model.bin", ".env", "examples/private.png", "deep/x.safetensors")
    for name in foreign:
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_bytes(b"secret")
    staged = stage_model(model, target, metadata_of(model), with_examples=True)
    assert sorted(staged.sizes) == [
        "config.json", *(f"examples/{number:03d}.png" for number in range(12)), "image_processing.py",
        "model.safetensors", "preprocessor_config.json", "reference_features.safetensors", "small_cnn.py", "squares.py",
        "steps.py", "vitrine.json",
    ]  # fmt: skip
    assert set(foreign) == set(staged.stays)
    assert staged.size_bytes == sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    assert (target / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()


def test_a_copy_has_checksums_of_its_own_files(model, target):
    stage_model(model, target, metadata_of(model), with_examples=True)
    assert find_model_damage(target, full=True) == []
    assert set(metadata_of(target).files) == {
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()
    } - {"vitrine.json"}


def test_without_examples_no_picture_goes_along_and_none_is_named(model, target):
    staged = stage_model(model, target, metadata_of(model), with_examples=False)
    assert not list(target.rglob("*.png"))
    assert (staged.examples, metadata_of(target).examples) == ((), [])


def test_pictures_lose_everything_but_their_pixels(model, target):
    file = model / "examples/000.png"
    picture = Image.open(file).convert("RGB")
    notes, exif = PngImagePlugin.PngInfo(), Image.Exif()
    notes.add_text("Comment", "taken at home")
    exif[0x010F] = "Camera of Ann"
    picture.save(file, pnginfo=notes, exif=exif, icc_profile=b"profile of Ann")
    assert b"Camera of Ann" in file.read_bytes()
    stage_model(model, target, metadata_of(model), with_examples=True)
    plain = Image.open(target / "examples/000.png")
    assert plain.tobytes() == picture.tobytes()
    assert not plain.info
    assert not any(word in (target / "examples/000.png").read_bytes() for word in (b"taken", b"Ann", b"eXIf", b"iCCP"))


def test_folders_of_this_machine_are_taken_out(model, target):
    metadata = metadata_of(model)
    recipe = metadata.recipe | {"data": metadata.recipe["data"] | {"source": "/srv/secret/birds"}}
    config = json.loads((model / "config.json").read_text("utf-8")) | {"_name_or_path": "/srv/secret/net"}
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    changed = metadata.model_copy(update={"recipe": recipe, "backbone": "/srv/secret/net"})
    stage_model(model, target, changed, with_examples=False)
    assert metadata_of(target).recipe["data"]["source"] == "birds"
    assert not any("secret" in path.read_text("utf-8") for path in target.glob("*.json"))


def test_weights_in_other_formats_only_are_refused(model, target):
    for file in model.glob("*.safetensors"):
        file.unlink()
    (model / "pytorch_model.bin").write_bytes(b"x")
    assert "has no weights as .safetensors" in fault_of(stage_model, model, target, metadata_of(model), True)


def test_a_damaged_model_is_refused(model, target):
    save_metadata(model, metadata_of(model))
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "model.safetensors").write_bytes(weights)
    assert "does not hold what was written" in fault_of(stage_model, model, target, metadata_of(model), True)


def test_an_example_outside_of_the_model_is_not_published(model, target):
    Image.new("RGB", (4, 4)).save(model.parent / "secret.png")
    metadata = metadata_of(model)
    lured = metadata.examples[0].model_copy(update={"file": "../secret.png"})
    staged = stage_model(model, target, metadata.model_copy(update={"examples": [lured]}), with_examples=True)
    assert staged.examples == ()


def test_a_text_that_tells_a_folder_of_this_machine_is_refused(tmp_path):
    (tmp_path / "own.py").write_text("PATH = '/srv/secret/birds'")
    assert "own.py names the folder" in fault_of(check_no_places, tmp_path, {"the folder": Path("/srv/secret")})
    for place in (PureWindowsPath("C:\\Users\\ann"), PurePosixPath("/home/jürgen")):
        for is_plain in (True, False):
            (tmp_path / "own.json").write_text(
                json.dumps({"path": str(place / "dogs")}, ensure_ascii=is_plain), "utf-8"
            )
            assert "own.json names your folder" in fault_of(check_no_places, tmp_path, {"your folder": place})
    (tmp_path / "own.json").unlink()
    check_no_places(tmp_path, {"the root": Path("/"), "a short one": Path("/srv"), "another": Path("/srv/other")})
