"""Opening tabs as visitors do."""

from playwright.sync_api import Page, expect


def open_tab(page: Page, name: str) -> None:
    """Clicks a tab, from the menu where there is no room for its name."""
    tab = page.get_by_role("tab", name=name, exact=True)
    expect(page.get_by_role("tab").first).to_be_visible()
    page.wait_for_timeout(500)  # until Gradio has seen which tabs have room
    if tab.is_visible():
        tab.click()
    else:
        page.locator("#tabs .overflow-menu > button").click()
        page.locator(".overflow-dropdown button", has_text=name).click()
