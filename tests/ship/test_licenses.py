"""Which licences forbid that a model is published."""

import pytest

from vitrine.ship.licenses import choose_license, find_conflict, state_license


def test_a_model_takes_the_license_of_its_weights_unless_another_is_asked_for():
    assert choose_license(None, "apache-2.0") == "apache-2.0"
    assert choose_license("mit", "apache-2.0") == "mit"
    assert choose_license(None, "none") == "unknown"


def test_the_hub_is_told_ids_that_it_knows():
    assert state_license("mit") == {"license": "mit"}
    assert state_license("dinov3-license") == {"license": "other", "license_name": "dinov3-license"}


@pytest.mark.parametrize(
    ("model", "backbone", "pictures", "shows", "says"),
    [
        ("cc-by-nd-4.0", "cc-by-nd-4.0", "mit", False, "may not be passed on changed"),
        ("mit", "cc-by-nc-4.0", "mit", False, "exclude commercial use, which mit would allow"),
        ("mit", "cc-by-nc-sa-4.0", "mit", False, "exclude commercial use"),
        ("mit", "fair-noncommercial-research-license", "mit", False, "exclude commercial use"),
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
        ("fair-noncommercial-research-license", "fair-noncommercial-research-license", "unknown", False),
    ],
)
def test_licenses_that_go_together_are_no_conflict(model, backbone, pictures, shows):
    assert find_conflict(model, backbone, pictures, shows) == ""
