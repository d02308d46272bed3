from urllib.error import HTTPError, URLError

import pytest

from tools import check_links


def test_a_dead_link_is_told_with_its_reason_and_the_pages_that_have_it(tmp_path):
    first, second = tmp_path / "first.md", tmp_path / "second.md"
    first.write_text("[gone](https://dead.example/a#part) and [there](https://alive.example)\n", "utf-8")
    second.write_text("[gone](https://dead.example/a), <https://alive.example/b>\n", "utf-8")
    dead = check_links.find_dead([first, second], lambda address: "answers 404" if "dead" in address else "")
    assert dead == {"https://dead.example/a": ("answers 404", ["first.md", "second.md"])}


def test_addresses_in_code_are_no_links():
    text = "[a](https://one.example)\n\n```sh\ncurl <https://two.example>\n```\n\n[b](docs/b.md)\n"
    assert check_links.addresses(text) == ["https://one.example"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (HTTPError("", 404, "", None, None), "answers 404"),
        (HTTPError("", 403, "", None, None), ""),
        (URLError("no route"), "does not answer (no route)"),
        (TimeoutError("slow"), "does not answer (slow)"),
    ],
)
def test_a_server_that_refuses_programs_is_there_and_one_that_is_silent_is_not(monkeypatch, error, reason):
    def answer(request, timeout):
        raise error

    monkeypatch.setattr(check_links, "urlopen", answer)
    assert check_links.ask("https://example.org") == reason
