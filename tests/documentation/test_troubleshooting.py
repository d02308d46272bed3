"""The messages of the troubleshooting page are those that Vitrine prints."""

import re

import pytest

from tests.documentation.blocks import ROOT

PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
MESSAGES = re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\*\*(.+?)\*\*", PAGE, re.MULTILINE)))
FEWEST_LETTERS = 6


def printed() -> str:
    """All texts of the code, those that are written on several lines on one."""
    files = [*ROOT.glob("vitrine/**/*.py"), *ROOT.glob("tools/*.py")]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text("utf-8") for path in files))


@pytest.fixture(scope="module")
def code():
    return printed()


@pytest.mark.parametrize("message", [one for one in MESSAGES if " " in one])
def test_a_message_of_the_page_is_one_that_is_printed(message, code):
    parts = [part.strip(" :.") for part in message.split("...")]
    long = [part for part in parts if len(part) >= FEWEST_LETTERS]
    assert long
    for part in long:
        assert part in code, part
