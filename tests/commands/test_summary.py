import pytest

from tests.factories import SIDE, prepare, write_tiny_resnet
from vitrine.commands import summary
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERD
from vitrine.models.folder import build_processor, save_model

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
    save_model(workplace / "model", build_small_cnn("abc", [4, 8], 1, 0.1), build_processor(SIDE, CENTERD))
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
