"""Which licences forbid that a model is published."""

import pytest

from vitrine.ship.licenses import choose_license, find_conflict, known_license


@pytest.mark.parametrize(
    ("source", "license_id"),
    [
        ("resnet18", "apache-2.0"),
        ("timm/vgg16.tv_in1k", "bsd-3-clause"),
        ("small_cnn", "none"),
        ("builtin:digits", "cc-by-4.0"),
        ("microsoft/resnet-18", None),
        ("birds", None),
    ],
)
def test_what_vitrine_knows_of_a_license(source, license_id):
    assert known_license(source) == license_id


def test_a_model_takes_the_license_of_its_weights_unless_another_is_asked_for():
    assert choose_license(None, "apache-2.0") == "apache-2.0"
    assert choose_license("mit", "apache-2.0") == "mit"
    assert choose_license(None, "none") == "unknown"


@pytest.mark.parametrize(
    ("model", "backbone", "pictures", "shows", "says"),
    [
        ("cc-by-nd-4.0", "cc-by-nd-4.0", "mit", False, "may not be passed on changed"),
        ("mit", "cc-by-nc-4.0", "mit", False, "exclude commercial use, which mit would allow"),
        ("mit", "cc-by-nc-sa-4.0", "mit", False, "exclude commercial use"),
        ("mit", "agpl-3.0", "mit", False, "ask for the same licence, not mit"),
        ("mit", "apache-2.0", "cc-by-nc-nd-4.0", True, "its pictures (cc-by-nc-nd-4.0) may not be passed on changed"),
    ],
)
def test_a_license_that_forbids_is_named_with_its_reason(model, backbone, pictures, shows, says):
    assert says in find_conflict(model, backbone, pictures, shows)


@pytest.mark.parametrize(
    ("model", "backbone", "pictures", "shows"),
    [
        ("mit", "apache-2.0", "cc-by-nd-4.0", False),
        ("cc-by-nc-4.0", "cc-by-nc-4.0", "unknown", True),
        ("gpl-3.0", "gpl-3.0", "mit", True),
        ("unknown", "none", "unknown", True),
        ("mit", "openrail", "unknown", True),
    ],
)
def test_licenses_that_go_together_are_no_conflict(model, backbone, pictures, shows):
    assert find_conflict(model, backbone, pictures, shows) == ""
