"""The site holds every page, and leads to each of them."""

import sys
from pathlib import Path

import pytest
import yaml

from tools import build_docs
from tools.site_pages import NAVIGATION_ORDER
from vitrine.config.loading import parameter_names
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.file import ComparisonFile
from vitrine.experiments.search.file import ParameterSpec, PrunerSection, SearchFile

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    build_docs.write_pages(ROOT, folder / "pages")
    return folder


def leaves(navigation):
    for entry in navigation:
        for value in entry.values():
            yield from value if isinstance(value, list) else [value]


def test_every_page_stands_once_in_the_navigation(build):
    pages = sorted(path.relative_to(build / "pages").as_posix() for path in build.rglob("*.md"))
    navigation = yaml.safe_load((build / "mkdocs.yml").read_text("utf-8"))["nav"]
    assert sorted(leaves(navigation)) == pages
    assert [title for entry in navigation for title in entry] == list(NAVIGATION_ORDER)
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= {f"docs/{page}" for page in pages}


def test_the_reference_has_every_parameter_command_and_function(build):
    import vitrine
    from vitrine.commands import COMMANDS

    recipe, commands, python = (
        (build / "pages/reference" / f"{name}.md").read_text("utf-8") for name in ("recipe", "commands", "python")
    )
    assert all(f"`{name}`" in recipe for name in parameter_names(Recipe) if not is_section(name))
    assert all(f"### {command}\n" in commands for command in COMMANDS)
    assert str(ROOT) not in commands
    assert all(f".{name}\n" in python for name in vitrine.__all__)


@pytest.mark.parametrize("schema", [ComparisonFile, SearchFile, PrunerSection, ParameterSpec])
def test_the_reference_has_every_name_of_a_comparison_and_of_a_search(build, schema):
    page = (build / "pages/reference/experiments.md").read_text("utf-8")
    prefix = {PrunerSection: "pruner.", ParameterSpec: "parameters.NAME."}.get(schema, "")
    for name, field in schema.model_fields.items():
        assert field.description
        assert f"`{prefix}{name}`" in page or f"### {name}\n" in page
    assert "Undefined" not in page


def is_section(name):
    return any(other.startswith(f"{name}.") for other in parameter_names(Recipe))


def test_a_page_that_no_section_takes_is_named():
    with pytest.raises(UserError, match=r"deep/deeper/lost\.md"):
        build_docs._navigation(["index.md", "deep/deeper/lost.md"])


def test_a_missing_generator_is_one_message(build, monkeypatch):
    monkeypatch.setitem(sys.modules, "mkdocs", None)
    with pytest.raises(UserError, match=r"requirements-docs\.txt"):
        build_docs.build_site(build)


@pytest.mark.slow
def test_the_site_is_built_without_a_complaint_and_asks_no_other_server(build, monkeypatch):
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    settings = yaml.safe_load((build / "mkdocs.yml").read_text("utf-8"))
    settings["INHERIT"] = str(ROOT / "mkdocs.yml")
    (build / "mkdocs.yml").write_text(yaml.safe_dump(settings), "utf-8")
    monkeypatch.chdir(ROOT)
    build_docs.build_site(build)
    home = (build / "site/index.html").read_text("utf-8")
    assert "fonts.googleapis.com" not in home
    assert 'src="http' not in home
    assert (build / "site/decisions/001.html").exists()
    french = (build / "site/fr/tutorials/shelter.html").read_text("utf-8")
    for page, language, contents in ((home, "en", "Table of contents"), (french, "fr", "Table des matières")):
        assert f'<html lang="{language}"' in page
        assert contents in page
