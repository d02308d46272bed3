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


def test_addresses_of_messages_and_recipes_are_asked_and_names_of_formats_are_not(tmp_path):
    text = (
        'raise UserError(f"see https://one.example/a_b, or https://two.example/c#d.")\nNAME = "http://www.w3.org/2000"'
    )
    assert check_links.addresses_in_code(text) == ["https://one.example/a_b", "https://two.example/c"]
    assert check_links.addresses_in_code('STARTS = "https://git-lfs"; URL = f"http://127.0.0.1:{port}"') == []
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("# as on https://three.example/\n", "utf-8")
    assert list(check_links.find_dead([recipe], lambda _: "answers 404")) == ["https://three.example/"]


def test_files_with_messages_recipes_and_templates_are_looked_through():
    files = {path.relative_to(check_links.ROOT).as_posix() for path in check_links.code_files(check_links.ROOT)}
    assert {"vitrine/commands/app.py", "vitrine/ui/catalogs/en.yaml", "configs/digits.yaml"} <= files
    assert {"vitrine/ship/model_card.md.jinja", "requirements.txt", "findings/README.md"} <= files


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
