"""What the folder of a page holds."""

import json
import shutil

import pytest
from PIL import Image

from tests.app import models
from tests.factories import fault_of
from tests.ship.browser.pages import LABELS, SQUASH, write_onnx
from vitrine.commands import build_space
from vitrine.predict.predictor import Predictor
from vitrine.ship.browser import build
from vitrine.ship.browser.build import LATER, build_page
from vitrine.ship.browser.runtime import RUNTIMES, WEBGPU


@pytest.fixture(autouse=True)
def _runtime(tmp_path, monkeypatch):
    """Files in place of those that npm fetches."""
    folder = tmp_path / "fetched"
    folder.mkdir()
    for one in RUNTIMES.values():
        for name in (one.api, one.glue, one.packed):
            (folder / name).write_text(name)
    monkeypatch.setattr(build, "fetch_runtime", lambda: folder)


@pytest.fixture
def model(tmp_path):
    return write_onnx(tmp_path / "tiny.onnx")


def read_facts(folder):
    return json.loads((folder / "page.json").read_text("utf-8"))


def test_the_page_knows_what_the_model_is_and_nothing_of_where_it_was_made(model, tmp_path):
    page = build_page(str(model), tmp_path / "site")
    facts = read_facts(page.folder)
    assert facts["label_names"] == list(LABELS)
    assert facts["preprocessing"] | {"side": 32, "resize": "squash", "steps": []} == facts["preprocessing"]
    assert facts["trust"]["confidence_threshold"] == 0.6
    assert facts["test"] == {"accuracy": 0.97, "interval": [0.936, 0.986], "pictures": 200}
    texts = [path.read_text("utf-8") for path in page.folder.glob("*.*") if path.suffix != ".onnx"]
    assert not any("secret" in text or str(tmp_path) in text for text in texts)


def test_the_answers_to_the_golden_pictures_are_those_of_the_model(model, tmp_path):
    folder = build_page(str(model), tmp_path / "site").folder
    predictor = Predictor.load(str(folder / "model.onnx"))
    golden = read_facts(folder)["golden"]["pictures"]
    assert [one["format"] for one in golden] == ["jpeg", "webp"]
    for one in golden:
        answer = predictor.predict_images([predictor.open_image(folder / one["file"])])
        assert answer.probabilities[0].tolist() == one["probabilities"]
        assert answer.similarities[0] == one["similarity"]


def test_the_service_worker_keeps_every_file_and_has_another_version_for_another_model(model, tmp_path):
    def read_kept(folder):
        return json.loads((folder / "service-worker.js").read_text().split("self.PAGE = ")[1].split(";\n")[0])

    folder = build_page(str(model), tmp_path / "site").folder
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    first = read_kept(folder)
    assert set(first["files"]) == there - {"README.md", "service-worker.js"} - set(LATER)
    assert set(first["later"]) == set(LATER) <= there
    assert read_kept(build_page(str(model), folder).folder) == first
    write_onnx(model, weight=0.06)
    assert read_kept(build_page(str(model), folder).folder)["version"] != first["version"]


def test_the_page_says_everything_in_both_languages(model, tmp_path):
    folder = build_page(str(model), tmp_path / "site").folder
    english, french = (json.loads((folder / f"texts.{name}.json").read_text("utf-8")) for name in ("en", "fr"))
    assert english.keys() == french.keys()
    assert english["browser.paste"] == "Paste"
    for module in folder.glob("*.js"):
        assert "http://" not in module.read_text().replace("http://ns.adobe.com", "")
    assert 'href="colors.css"' in (folder / "index.html").read_text()


def test_examples_are_public_unless_they_are_kept_and_tell_nothing_beside_their_pixels(model, tmp_path, monkeypatch):
    source = models.write_model(tmp_path / "model")
    exif = Image.Exif()
    exif[0x010F] = "maker of a camera"
    Image.open(source / "examples/000.png").save(source / "examples/000.png", exif=exif)
    monkeypatch.setattr(build, "export_onnx", lambda _id, file: shutil.copy(model, file) and Predictor.load(str(file)))
    page = build_page(str(source), tmp_path / "site")
    assert page.examples == len(models.EXAMPLE_LABELS)
    assert [one["label_name"] for one in read_facts(page.folder)["examples"]] == list(models.EXAMPLE_LABELS)
    written = (page.folder / "examples/000.png").read_bytes()
    assert b"maker of a camera" in (source / "examples/000.png").read_bytes()
    assert b"maker of a camera" not in written
    assert build_page(str(source), tmp_path / "site", with_examples=False).examples == 0
    assert not (tmp_path / "site/examples").exists()


def test_what_only_graphics_processors_need_is_not_counted_as_loaded_by_all(model, tmp_path):
    page = build_page(str(model), tmp_path / "site")
    (page.folder / "README.md").unlink()
    sizes = {path.relative_to(page.folder).as_posix(): path.stat().st_size for path in page.folder.rglob("*.*")}
    later = sum(size for name, size in sizes.items() if WEBGPU.api in name or "jspi" in name)
    assert later > 0
    assert page.page_bytes == sum(sizes.values()) - sizes["model.onnx"] - later


def test_a_folder_with_something_else_in_it_is_left_alone(model, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("1")
    assert "holds something else" in fault_of(build_page, str(model), tmp_path / "thesis")
    assert "is a file" in fault_of(build_page, str(model), tmp_path / "thesis/chapter.txt")
    assert (tmp_path / "thesis/chapter.txt").read_text() == "1"


def test_a_preparation_that_no_browser_can_do_is_refused(tmp_path):
    theirs = write_onnx(tmp_path / "theirs.onnx", SQUASH | {"image_processor_type": "ConvNextImageProcessor"})
    assert "is none that Vitrine makes" in fault_of(build_page, str(theirs), tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_command_says_what_was_made_and_what_will_be_public(model, tmp_path, capsys):
    assert build_space.main([str(model), str(tmp_path / "site"), "--static"]) == 0
    assert "3 classes" in capsys.readouterr().out
    assert (
        (tmp_path / "site/README.md").read_text("utf-8").startswith('---\ntitle: "Colours & <shapes>"\nsdk: static\n')
    )
    assert build_space.main([str(tmp_path / "none.onnx"), str(tmp_path / "other"), "--static"]) == 2
    assert "none.onnx: there is no such ONNX file" in capsys.readouterr().err
