"""The tests mirror the package: one file for each module, found by its name."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
WHOLE_PRODUCT = {"browser", "attacks", "documentation"}  # folders of tests that go through everything
BESIDE_THE_PACKAGE = ("benchmarks", "tools")  # programs of ours; not each of their modules has tests


def modules():
    """Paths below the package, without what only gathers or starts."""
    found = {path.relative_to(ROOT / "vitrine") for path in (ROOT / "vitrine").rglob("*.py")}
    return {path for path in found if path.name not in ("__init__.py", "__main__.py")}


def beside():
    """Paths of the programs beside the package; `__main__` is tested as main."""
    found = {path.relative_to(ROOT) for folder in BESIDE_THE_PACKAGE for path in (ROOT / folder).rglob("*.py")}
    return {path.with_name("main.py") if path.name == "__main__.py" else path for path in found}


def named_after():
    """The modules that the test files of the rooms are named after."""
    files = {path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    return {path.with_name(path.name.removeprefix("test_")) for path in files if path.parts[0] not in WHOLE_PRODUCT}


def test_every_module_has_a_test_file_of_its_name():
    assert sorted(map(str, modules() - named_after())) == []


def test_every_test_file_of_a_room_has_a_module():
    rooms = {path for path in named_after() if len(path.parts) > 1}
    assert sorted(map(str, rooms - modules() - beside())) == []
