import pytest
import timm

from tests.records.revision_lines import make_line
from vitrine.models.backbones.licenses import (
    FAMILIES,
    describe_binding_license,
    find_license,
    license_of_backbone,
    license_of_pictures,
)
from vitrine.models.backbones.table import BACKBONES


@pytest.mark.parametrize(
    ("backbone", "license_id"),
    [
        ("resnet18", "apache-2.0"),
        ("timm/resnet18.a1_in1k", "apache-2.0"),
        ("hf-hub:timm/convnextv2_nano.fcmae_ft_in1k", "cc-by-nc-4.0"),
        ("timm/convnext_tiny.dinov3_lvd1689m", "dinov3-license"),
        ("timm/convnext_tiny.eupe_lvd1689m", "fair-noncommercial-research-license"),
        ("facebook/dinov3-convnext-tiny-pretrain-lvd1689m", "dinov3-license"),
        ("timm/no_such_network.at_all", None),
        ("somebody/some-network", None),
        ("small_cnn", None),
    ],
)
def test_the_license_of_weights_is_known_without_the_hub(backbone, license_id):
    assert find_license(backbone) == license_id


def test_the_networks_of_the_table_may_be_used_freely_but_for_those_that_say_so():
    bound = ["convnextv2_nano", "convnextv2_tiny", "convnext_tiny_dinov3", "convnext_tiny_eupe"]
    assert [name for name in BACKBONES if describe_binding_license(name)] == bound


@pytest.mark.parametrize(
    ("backbone", "words"),
    [
        ("timm/convnextv2_nano.fcmae_ft_in1k", "(cc-by-nc-4.0) exclude commercial use"),
        ("timm/convnext_tiny.eupe_lvd1689m", "(fair-noncommercial-research-license) exclude commercial use"),
        ("timm/convnext_tiny.dinov3_lvd1689m", "(dinov3-license), which follows every model"),
        ("timm/mobileone_s0.apple_in1k", "(mobileone-license), which may follow every model"),
    ],
)
def test_a_license_that_binds_is_told(backbone, words):
    assert words in (describe_binding_license(backbone) or "")


def test_random_weights_have_no_license():
    assert describe_binding_license("timm/convnextv2_nano.fcmae_ft_in1k", pretrained=False) is None


@pytest.mark.parametrize(
    ("head", "license_id"),
    [
        ("license: cc-by-nc-4.0", "cc-by-nc-4.0"),
        ("license: [MIT, apache-2.0]", "mit"),
        ("license: other\nlicense_name: dinov3-license", "dinov3-license"),
        ("license: other", None),
        ("tags: [birds]", None),
        ("license: [", None),
    ],
)
def test_the_page_of_a_folder_of_weights_names_its_license(tmp_path, head, license_id):
    (tmp_path / "README.md").write_text(f"---\n{head}\n---\n# A network\n", "utf-8")
    assert find_license(str(tmp_path)) == license_id


def write_card(model, license_id):
    model.mkdir(parents=True, exist_ok=True)
    (model / "config.json").write_text("{}")
    (model / "README.md").write_text(f"---\nlicense: {license_id}\n---\n")


def test_the_card_of_a_model_in_a_run_or_of_the_one_in_use_names_its_license(tmp_path):
    write_card(tmp_path / "run" / "model", "cc-by-nc-4.0")
    assert find_license(str(tmp_path / "run")) == "cc-by-nc-4.0"
    line = make_line(tmp_path)
    for number, license_id in ((1, "mit"), (2, "cc-by-nc-4.0")):
        write_card(line.place(number) / "model", license_id)
    assert find_license(str(line.folder)) == "cc-by-nc-4.0"


def test_a_folder_without_a_page_has_no_known_license(tmp_path):
    assert find_license(str(tmp_path)) is None


def test_licenses_of_weights_outside_timm_are_those_that_timm_names_for_them():
    same = {
        "facebook/dinov3-": "convnext_tiny.dinov3_lvd1689m",
        "facebook/eupe-": "convnext_tiny.eupe_lvd1689m",
        "facebook/convnextv2-": "convnextv2_tiny.fcmae",
    }
    assert {family: timm.get_pretrained_cfg(name).license for family, name in same.items()} == FAMILIES


@pytest.mark.parametrize(
    ("source", "license_id"),
    [
        ("resnet18", "apache-2.0"),
        ("timm/vgg16.tv_in1k", "bsd-3-clause"),
        ("small_cnn", "none"),
        ("facebook/dinov3-vits16", "dinov3-license"),
        ("microsoft/resnet-18", None),
    ],
)
def test_what_vitrine_knows_of_the_license_of_weights(source, license_id):
    assert license_of_backbone(source) == license_id


def test_the_built_in_digits_have_a_license_and_other_pictures_need_one_stated():
    assert license_of_pictures("builtin:digits") == "cc-by-4.0"
    assert license_of_pictures("birds") is None
