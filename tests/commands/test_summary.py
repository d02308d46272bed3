from pathlib import Path

import pytest
import torch
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

from tests.factories import SIDE, prepare, write_tiny_resnet
from vitrine.commands import summary
from vitrine.commands.summary import count_operations, list_layers, measure_network
from vitrine.config.loading import load_recipe
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model

CONFIGS = Path(__file__).parents[2] / "configs"
PLAIN = ["model.small_cnn.block=plain", "model.small_cnn.filters=[4, 8]", "data.image_size=32"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def test_a_recipes_network_is_printed_before_anything_is_prepared(capsys):
    assert summary.main([*PLAIN, "model.small_cnn.batch_norm=off", "--classes", "3"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["backbone.0.0", "Conv2d", "4", "x", "32", "x", "32", "112"] in lines
    assert ["backbone.1.0", "Conv2d", "8", "x", "16", "x", "16", "296"] in lines
    assert ["classifier", "Linear", "3", "27"] in lines
    assert ["parameters:", "435,", "of", "which", "435", "are", "trained", "and", "0", "frozen"] in lines


def test_a_model_folder_is_printed_with_its_own_size_and_classes(workplace, capsys):
    save_model(workplace / "model", build_small_cnn("abc", [4, 8], 1, 0.1), build_processor(SIDE, CENTERED))
    assert summary.main(["model"]) == 0
    assert f"model: pictures of {SIDE} pixels, 3 classes" in capsys.readouterr().out


def test_a_model_folder_takes_no_parameters(workplace, capsys):
    (workplace / "model").mkdir()
    assert summary.main(["model", "data.image_size=64"]) == 2
    assert "model is a finished model, of which nothing can be changed" in capsys.readouterr().err


def test_an_unknown_number_of_classes_is_asked_for(capsys):
    assert summary.main(PLAIN) == 2
    assert "--classes 5" in capsys.readouterr().err


def test_one_class_is_refused(capsys):
    assert summary.main([*PLAIN, "--classes", "1"]) == 2
    assert "--classes: must be at least 2 (got 1)" in capsys.readouterr().err


def test_the_prepared_data_set_knows_the_number_of_classes(workplace, make_class_folders, capsys):
    prepare(make_class_folders({"cat": 12, "dog": 12}), workplace / "prepared/pictures")
    assert summary.main(PLAIN) == 0
    assert "2 classes" in capsys.readouterr().out


def test_the_data_set_in_a_store_knows_it_too(workplace, make_class_folders, capsys, put_in_store):
    address = put_in_store(prepare(make_class_folders({"cat": 12, "dog": 12}), workplace / "elsewhere").folder)
    assert summary.main([*PLAIN, f"data.prepared={address}"]) == 0
    assert "2 classes" in capsys.readouterr().out


def test_pictures_that_are_too_small_are_one_message(capsys):
    options = ["model.small_cnn.padding=valid", "model.small_cnn.kernel_sizes=[15]", "--classes", "3"]
    assert summary.main([*PLAIN, *options, "data.image_size=16"]) == 2
    assert "nothing is left of pictures of 16 pixels" in capsys.readouterr().err


def test_a_folder_called_like_the_number_of_classes_is_no_model(workplace, capsys):
    (workplace / "3").mkdir()
    assert summary.main([*PLAIN, "--classes", "3"]) == 0
    assert "3 classes" in capsys.readouterr().out


def test_another_projects_model_is_printed_with_the_side_its_processor_names(workplace, capsys):
    write_tiny_resnet(workplace / "tiny")
    assert summary.main(["tiny"]) == 0
    assert f"tiny: pictures of {SIDE} pixels, 7 classes" in capsys.readouterr().out


def test_a_frozen_backbone_is_printed_as_frozen(workplace, capsys):
    write_tiny_resnet(workplace / "tiny")
    assert summary.main(["model.backbone=tiny", "model.trainable_part=head", "--classes", "3"]) == 0
    assert "of which 51 are trained" in capsys.readouterr().out


WHOLE = ["--classes", "3", "data.image_size=75"]


@pytest.mark.parametrize(
    "network",
    [
        pytest.param("inception_v3", marks=pytest.mark.slow),
        pytest.param("timm/inception_v3.tv_in1k", marks=pytest.mark.slow),
        "efficientnet_lite2",
    ],
)
def test_no_weights_are_fetched_for_a_summary(network, monkeypatch, capsys):
    def refuse(*_, **__):
        raise AssertionError("weights are asked for")

    monkeypatch.setattr("vitrine.models.backbones.build.find_backbone_folder", refuse)
    monkeypatch.setattr("vitrine.models.backbones.build.load_packaged", refuse)
    assert summary.main([f"model.backbone={network}", "model.trainable_part=head", *WHOLE]) == 0
    printed = capsys.readouterr().out
    assert "frozen" in printed
    assert "layers with weights, on the longest way" in printed


def test_a_weights_file_is_not_read_where_its_architecture_is_named(capsys):
    assert summary.main(["model.backbone=there/is/none.pth", "model.architecture=resnet18", *WHOLE]) == 0
    assert "depth:      18 layers" in capsys.readouterr().out


def test_hidden_layers_of_a_head_are_printed(workplace, capsys):
    write_tiny_resnet(workplace / "tiny")
    head = ["model.head=flatten", "model.head_units=[6, 5]", "data.image_size=32"]
    assert summary.main(["model.backbone=tiny", *head, "--classes", "3"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["head.2", "Linear", "5", "35"] in lines
    assert ["head.5", "Linear", "3", "18"] in lines


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("b.PNG", b"\x89PNG")])
def test_the_network_is_drawn(workplace, name, start, capsys):
    assert summary.main([*PLAIN, "--classes", "3", "--graph", name]) == 0
    assert (workplace / name).read_bytes().startswith(start)
    assert f"drawing: {name}" in capsys.readouterr().out


def test_a_model_folder_is_drawn_too_and_other_kinds_of_files_are_refused_at_once(workplace, capsys):
    save_model(workplace / "model", build_small_cnn("abc", [4, 8], 1, 0.1), build_processor(SIDE, CENTERED))
    assert summary.main(["model", "--graph", "model.svg"]) == 0
    assert (workplace / "model.svg").exists()
    assert summary.main(["model", "--graph", "model.pdf"]) == 2
    assert "--graph: a drawing is a .png or .svg file (got model.pdf)" in capsys.readouterr().err


def build(recipe_name, classes, *overrides):
    """The network of a recipe, without its numbers; and the side of its pictures."""
    recipe = load_recipe(CONFIGS / f"{recipe_name}.yaml", overrides)
    side = recipe.data.image_size
    with torch.device("meta"):
        shape = recipe.model.small_cnn.model_dump()
        return build_small_cnn([str(number) for number in range(classes)], image_size=side, **shape), side


def layers_of(model, side):
    return list_layers(model, measure_network(model, side))


def counts(rows):
    return [parameters for *_, parameters in rows if parameters]


def count_statistics(model):
    return sum(buffer.numel() for buffer in model.buffers() if buffer.is_floating_point())


def test_the_shelters_network_has_the_published_layers():
    rows = layers_of(*build("custom_s1", 3))
    assert counts(rows) == [1_792, 36_928, 73_856, 4_128, 99]
    kinds = [kind for _, kind, *_ in rows if kind not in ("ReLU", "Flatten", "Dropout")]
    assert kinds == ["Conv2d", "MaxPool2d", "Conv2d", "MaxPool2d", "Conv2d", "AdaptiveAvgPool2d", "Linear", "Linear"]


def test_the_dog_breed_network_has_the_published_count():
    model, side = build("custom_s2", 5)
    rows = layers_of(model, side)
    assert sum(counts(rows)) == model.num_parameters() == 20_174_277
    assert next(shape for _, kind, shape, _ in rows if kind == "Flatten") == "156800"
    assert 4 * model.num_parameters() / 2**20 == pytest.approx(77, abs=0.5)  # published in MiB
    assert [kind for _, kind, *_ in rows].count("Dropout") == 3  # the one before the dense layers drops nothing


def test_the_photo_or_not_network_has_the_described_layers():
    rows = layers_of(*build("custom_s3", 2))
    assert [shape for _, kind, shape, _ in rows if kind in ("Conv2d", "MaxPool2d")] == [
        "32 x 396 x 396",
        "32 x 198 x 198",
        "64 x 196 x 196",
        "64 x 98 x 98",
    ]
    assert counts(rows) == [2_432, 18_496, 64 * 98 * 98 * 128 + 128, 8_256, 130]


def test_the_cartoon_network_has_the_published_count():
    # Published were 125.8 million with the statistics of batch norm, as Keras counts.
    model, _ = build("custom_s4", 19)
    assert model.num_parameters() + count_statistics(model) == 125_799_443


def test_our_own_network_for_photographs_is_small():
    model, _ = build("scratch_photos", 5)
    assert model.num_parameters() <= 3_000_000


def build_resnet():
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3)
    return ResNetForImageClassification(config)


def build_transformer():
    config = ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8
    )
    return ViTForImageClassification(config)


@pytest.mark.parametrize("build_network", [build_resnet, build_transformer])
def test_rows_count_every_parameter_once(build_network):
    model = build_network()
    rows = layers_of(model, 32)
    assert sum(counts(rows)) == model.num_parameters()
    assert len({name for name, *_ in rows}) == len(rows)


def test_a_layer_that_no_picture_passes_is_shown_as_not_used():
    model = build_resnet()
    model.spare = torch.nn.Linear(4, 2)
    assert ("spare", "Linear", "not used", 10) in layers_of(model, 32)


def test_a_summary_leaves_the_model_as_it_was():
    model = build_resnet().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measure_network(model, 32)
    count_operations(model, 32)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_operations_are_multiplications_and_additions():
    model = build_small_cnn("ab", [4], 1, 0.0, image_size=8, block="plain", head_pool="average")
    assert count_operations(model, 8) == 2 * (3 * 9 * 4 * 8 * 8 + 4 * 2)


@pytest.mark.parametrize(("wanted", "device"), [([], "meta"), (["--fetch"], "cpu")])
def test_weights_are_fetched_on_request_alone(workplace, monkeypatch, capsys, wanted, device):
    built = []

    def build(plan, label_names, seed):
        built.append((plan.pretrained, torch.empty(0).device.type))
        return build_small_cnn(label_names, [4], 1, 0.1), CENTERED

    monkeypatch.setattr("vitrine.training.fit.build_model", build)
    monkeypatch.setattr(summary, "_print_summary", lambda network: None)
    assert summary.main(["model.backbone=microsoft/resnet-18", "--classes", "2", *wanted]) == 0
    assert built == [(bool(wanted), device)]
    assert ("HF_HUB_OFFLINE=1" in capsys.readouterr().out) == bool(wanted)
