"""What axe-core finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("critical", "serious")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def grave_findings(page: Page) -> list[tuple[str, list[str]]]:
    """Rules of WCAG 2.2 AA that are broken so that people are kept out, each with the first parts that break it."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        (rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found if rule["impact"] in GRAVE
    ]
