"""One ONNX file says and decides what the model folder says and decides."""

import csv
import json
import shutil
import sys

import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config

from tests.factories import SIDE, write_timm_folder, write_tiny_resnet
from vitrine.commands import export, predict
from vitrine.config.data import PreparationSection
from vitrine.data.images.preprocessing import Preparation
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.backbones.outputs import compute_outputs
from vitrine.models.calibration.ood import build_reference
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.models.folder import build_processor, save_metadata, save_model
from vitrine.models.heads import Head
from vitrine.predict.predictor import Predictor
from vitrine.records.model import ModelMetadata, Trust
from vitrine.ship.export import export_onnx

LABELS = ("a", "b <é>", "c")
STEPS = PreparationSection(steps=("contrast", "crop_centre", "whiten"), resize="letterbox", fill_color="black")
CROP = PreparationSection(resize="crop")


def write_model(folder, model, preparation=None, trust=None):
    """A model folder with thresholds in the middle of what random pictures get, so that every decision occurs."""
    with torch.no_grad():
        layer = [part for part in model.modules() if isinstance(part, torch.nn.Linear)][-1]
        layer.weight.mul_(6)
    plain = Preparation.from_section(preparation or PreparationSection())
    save_model(folder, model, build_processor(SIDE, CENTERED, plain))
    if trust is not None:
        pixels = torch.randn(40, 3, SIDE, SIDE)
        with torch.inference_mode():
            features = compute_outputs(model.eval(), pixels)[1]
        build_reference(features.numpy(), np.zeros(40, np.int64)).save(folder)
    metadata = ModelMetadata(
        vitrine_version="0",
        name="shapes",
        created="2026-01-01T00:00:00+00:00",
        backbone="small_cnn",
        label_names=list(LABELS),
        image_size=SIDE,
        training_pictures=40,
        test_pictures=0,
        test_accuracy=None,
        test_accuracy_interval=None,
        test_macro_f1=None,
        examples=[],
        recipe={},
        trust=trust,
    )
    save_metadata(folder, metadata)
    return folder


def set_thresholds(folder, pictures):
    """Thresholds between the pictures, so that some get an answer, some are unsure, some are refused."""
    outputs = Predictor.load(str(folder)).predict_images(pictures)
    metadata = ModelMetadata.model_validate_json((folder / "vitrine.json").read_bytes())
    trust = metadata.trust.model_copy(
        update={
            "confidence_threshold": middle(outputs.probabilities.max(axis=1), 0.5),
            "similarity_threshold": middle(outputs.similarities, 0.3),
        }
    )
    save_metadata(folder, metadata.model_copy(update={"trust": trust}))


def middle(values, share):
    """Half way between two values, so that rounding decides nothing."""
    ordered = np.sort(np.unique(values.round(5)))
    place = int(share * (len(ordered) - 1))
    return float(ordered[place : place + 2].mean())


BUILDS = {
    "depthwise, steps": (lambda _: build_small_cnn(LABELS, (8, 16), 1, 0.1, block="depthwise"), STEPS),
    "ResNet, crop": (lambda folder: build_backbone(str(write_tiny_resnet(folder / "checkpoint")), LABELS)[0], CROP),
    "stages": (
        lambda folder: build_backbone(
            str(write_tiny_resnet(folder / "checkpoint")), LABELS, head=Head("stages"), image_size=SIDE
        )[0],
        None,
    ),
    "own head": (
        lambda folder: build_backbone(
            str(write_tiny_resnet(folder / "checkpoint")), LABELS, head=Head("flatten", (12, 6)), image_size=SIDE
        )[0],
        None,
    ),
}


@pytest.fixture(scope="module")
def pictures(awkward_pictures):
    return [path for path in sorted(awkward_pictures.iterdir()) if path.name != "huge.jpg"]


@pytest.fixture(
    scope="module",
    params=[
        "depthwise, steps",
        "stages",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("ResNet, crop", "own head")),
    ],
)
def models(request, tmp_path_factory, pictures):
    """A model folder and its ONNX file, the folder away from where the file could find it."""
    folder = tmp_path_factory.mktemp("models")
    build, preparation = BUILDS[request.param]
    torch.manual_seed(0)
    trust = Trust(precision=0.9, confidence_threshold=0.5, similarity_threshold=0.5, neighbors=3)
    model = write_model(folder / "model", build(folder), preparation, trust)
    predictor = Predictor.load(str(model))
    set_thresholds(model, [predictor.open_image(path) for path in pictures])
    assert export.main([str(model), str(folder / "elsewhere" / "model.onnx")]) == 0
    return Predictor.load(str(model)), Predictor.load(str(folder / "elsewhere" / "model.onnx"))


def test_torch_and_onnx_decide_alike_on_awkward_pictures(models, pictures):
    ours, theirs = models
    decisions = set()
    for path in pictures:
        (first,), (second,) = (predictor.predict_images([predictor.open_image(path)]) for predictor in models)
        assert dict(second.ranking) == pytest.approx(dict(first.ranking), abs=1e-4), path.name
        assert second.similarity == pytest.approx(first.similarity, abs=1e-4), path.name
        assert second.decision == first.decision, path.name
        decisions.add(type(first.decision))
    assert decisions == {Answer, Unsure, NoneOfThese}
    assert (theirs.label_names, theirs.fill_color, theirs.trust) == (LABELS, ours.fill_color, ours.trust)


def test_a_batch_of_any_size_is_computed(models):
    generator = np.random.default_rng(0)
    pictures = [Image.fromarray(generator.integers(0, 255, (30, 40, 3), dtype=np.uint8)) for _ in range(5)]
    singly = np.concatenate([models[1].predict_images([picture]).probabilities for picture in pictures])
    np.testing.assert_allclose(models[1].predict_images(pictures).probabilities, singly, atol=1e-5)


def test_the_file_of_a_timm_model_prepares_pictures_as_timm_does(tmp_path):
    folder = write_timm_folder(tmp_path / "timm", side=64)
    image = Image.effect_noise((101, 64), 80).convert("RGB")  # the rest beside the crop has no middle
    config = json.loads((folder / "config.json").read_text())["pretrained_cfg"]
    expected = create_transform(**resolve_data_config(config), is_training=False)(image)[None]
    ours, theirs = Predictor.load(str(folder)), export_onnx(str(folder), tmp_path / "m.onnx")
    np.testing.assert_array_equal(ours.pixels([image]), expected)
    np.testing.assert_array_equal(theirs.pixels([image]), expected)
    probabilities = ours.predict_images([image]).probabilities
    np.testing.assert_allclose(theirs.predict_images([image]).probabilities, probabilities, atol=1e-4)


@pytest.fixture
def simple(tmp_path):
    torch.manual_seed(0)
    return write_model(tmp_path / "model", build_small_cnn(LABELS, (8,), 1, 0.1))


def test_the_command_gives_the_same_rows_for_folder_and_file(models, pictures, tmp_path):
    tables = []
    for predictor in models:
        rows = tmp_path / "rows.csv"
        assert predict.main([predictor.model_id, *map(str, pictures), "--output", str(rows)]) == 0
        tables.append(list(csv.DictReader(rows.open(encoding="utf-8"))))
    for first, second in zip(*tables, strict=True):
        assert (first["file"], first["decision"], first["label_1"]) == (
            *(second[name] for name in ("file", "decision", "label_1")),
        )
        assert float(first["probability_1"]) == pytest.approx(float(second["probability_1"]), abs=1e-4)
    assert {row["decision"].split(":")[0] for row in tables[0]} > {"unsure", "none of my classes"}


@pytest.mark.slow
def test_a_temperature_outside_the_weights_is_inside_the_file(tmp_path):
    torch.manual_seed(0)
    trust = Trust(temperature=3.0, in_weights=False, precision=0.9, confidence_threshold=0.5)
    model = write_model(tmp_path / "model", build_small_cnn(LABELS, (8,), 1, 0.1), trust=trust)
    shutil.copytree(model, tmp_path / "plain")
    metadata = ModelMetadata.model_validate_json((model / "vitrine.json").read_bytes())
    save_metadata(tmp_path / "plain", metadata.model_copy(update={"trust": None}))
    picture = Image.linear_gradient("L").convert("RGB")
    own = Predictor.load(str(tmp_path / "plain")).predict_images([picture]).logits
    for predictor in (Predictor.load(str(model)), export_onnx(str(model), tmp_path / "model.onnx")):
        np.testing.assert_allclose(predictor.predict_images([picture]).logits, own / 3, atol=1e-5)


def test_the_file_gives_features_and_says_what_it_is(simple, tmp_path):
    export_onnx(str(simple), tmp_path / "model.onnx")
    content = onnx.load(tmp_path / "model.onnx")
    assert [output.name for output in content.graph.output] == ["logits", "features", "feature_map", "class_weights"]
    assert [note.key for note in content.metadata_props] == ["vitrine", "vitrine_sha256"]
    written = (tmp_path / "model.onnx").read_bytes()
    for place in (str(tmp_path), torch.__file__.rpartition("/")[0], ".py"):
        assert place.encode() not in written  # the exporter notes the lines of source code that it came through


def test_averages_are_written_as_such_and_not_gathered_by_a_computed_index(simple, tmp_path):
    export_onnx(str(simple), tmp_path / "model.onnx")
    kinds = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert "ReduceMean" in kinds
    assert not kinds & {"Gather", "Range", "Shape"}  # OpenVINO computes sums of 8 bits wrongly beside an index


def test_a_flipped_bit_in_the_weights_of_a_file_is_refused(simple, tmp_path):
    export_onnx(str(simple), tmp_path / "model.onnx")
    content = bytearray((tmp_path / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.onnx: damaged, or changed by another program"):
        Predictor.load(str(tmp_path / "model.onnx"))


def test_a_file_that_would_answer_differently_is_not_written(simple, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.ship.export.TOLERANCE", -1.0)
    with pytest.raises(UserError, match="its ONNX file would answer differently"):
        export_onnx(str(simple), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_wrong_files_are_explained(simple, tmp_path, capsys):
    (tmp_path / "text.onnx").write_text("hello")
    value = onnx.helper.make_tensor_value_info("value", onnx.TensorProto.FLOAT, [1])
    constant = onnx.helper.make_tensor("value", onnx.TensorProto.FLOAT, [1], [0.0])
    foreign = onnx.helper.make_graph(
        [onnx.helper.make_node("Constant", [], ["value"], value=constant)], "constant", [], [value]
    )
    foreign = onnx.helper.make_model(foreign, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 20)])
    onnx.save(foreign, tmp_path / "foreign.onnx")
    Image.new("RGB", (9, 9)).save(tmp_path / "picture.png")
    for model, message in (
        ("missing.onnx", "there is no such ONNX file"),
        ("text.onnx", "cannot be read as an ONNX file"),
        ("foreign.onnx", "only files that `python -m vitrine export` wrote can be used"),
    ):
        assert predict.main([str(tmp_path / model), str(tmp_path / "picture.png")]) == 2
        assert message in capsys.readouterr().err
    assert export.main([str(simple), str(tmp_path / "model.bin")]) == 2
    assert "ends in .onnx" in capsys.readouterr().err
    assert export.main([str(tmp_path / "nowhere"), str(tmp_path / "model.onnx")]) == 2


def test_a_file_may_be_written_and_read_under_a_name_in_capitals(simple, tmp_path, capsys):
    assert export_onnx(str(simple), tmp_path / "M.ONNX").network.name == "onnxruntime"
    assert export.main([str(simple), str(tmp_path / "FOLDER.ONNX"), "--format", "litert"]) == 2
    assert "give it a name without .onnx" in capsys.readouterr().err


def test_an_onnx_file_tells_no_folder_of_this_machine(simple, tmp_path):
    metadata = ModelMetadata.read(simple / "vitrine.json")
    recipe = {**metadata.recipe, "data": {"source": "/srv/secret/birds"}}
    save_metadata(simple, metadata.model_copy(update={"recipe": recipe, "backbone": "/srv/secret/net"}))
    written = export_onnx(str(simple), tmp_path / "public.onnx").metadata
    assert b"secret" not in (tmp_path / "public.onnx").read_bytes()
    assert (written.recipe["data"]["source"], written.backbone) == ("birds", "net")


FOREIGN = {
    "shorter side": {"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 64}},
    "no crop": {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 64}, "do_center_crop": False},
    "rectangle": {"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 80}},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_models_that_see_pictures_of_several_shapes_are_refused_with_the_reason(kind, tmp_path, capsys):
    folder = write_tiny_resnet(tmp_path / "model")
    (folder / "preprocessor_config.json").write_text(json.dumps(FOREIGN[kind]))
    assert export.main([str(folder), str(tmp_path / "model.onnx")]) == 2
    said = capsys.readouterr().err
    assert "its image processor makes pictures of " in said
    assert "and an exported file takes squares of one size" in said
    assert ("of 80x64 pixels" in said) == (kind == "rectangle")


def test_a_missing_onnx_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "vitrine.ship.export")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert export.main([str(tmp_path / "model"), str(tmp_path / "model.onnx")]) == 2
    assert "the export needs onnx, which is not installed; `pip install onnx`" in capsys.readouterr().err
