"""The workflow for other systems names what there is."""

import re
from pathlib import Path

import yaml

from vitrine.commands import COMMANDS

ROOT = Path(__file__).parents[1]
WORKFLOW = ROOT / ".github/workflows/machines.yaml"


def commands(job):
    return [step["run"] for step in yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"][job]["steps"] if "run" in step]


def test_linux_macos_and_windows_run_the_demo_and_tests_that_are_there():
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    systems = workflow["jobs"]["other-systems"]["strategy"]["matrix"]["system"]
    assert [name.split("-")[0] for name in systems] == ["ubuntu", "macos", "windows"]
    lines = commands("other-systems")
    assert {line.split()[1] for line in lines if line.startswith("vitrine ")} <= set(COMMANDS)
    folders = re.findall(r"\btests/\w+", " ".join(lines))
    assert len(folders) > 5
    assert all((ROOT / folder).is_dir() for folder in folders)
    # What is given to a shell of three systems must mean the same in each of them.
    assert not [line for line in lines if "'" in line or "\\" in line or "&&" in line]


def test_the_documentation_is_built_without_a_network_and_its_examples_run():
    lines = commands("documentation")
    assert lines[0] == "make docs"
    assert any("unshare --net" in line and "tools.build_docs" in line for line in lines)
    assert any("-m slow tests/documentation" in line for line in lines)


def test_nothing_that_the_tests_of_documentation_need_is_missing_where_they_run():
    pages = [path.read_text("utf-8") for path in (ROOT / "tests/documentation").glob("*.py")]
    skipped = set(re.findall(r"requirements-\w+\.txt", "\n".join(pages)))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installed = set(re.findall(r"requirements-\w+\.txt", " ".join(commands("documentation"))))
    installed |= set(re.findall(r"requirements-\w+\.txt", makefile.split("$(VENV)/ready-docs:")[1]))
    assert skipped
    assert skipped <= installed


def test_processes_and_signals_are_tested_on_the_other_systems_too():
    (line,) = [line for line in commands("other-systems") if "pytest" in line]
    assert {"tests/work", "tests/training", "tests/app", "tests/commands"} <= set(line.split())


def test_links_to_other_sites_are_asked_by_the_clock_and_by_no_push():
    workflow = yaml.safe_load((ROOT / ".github/workflows/links.yaml").read_text("utf-8"))
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}  # YAML 1.1 reads `on` as a truth value
    assert [step["run"] for step in workflow["jobs"]["links"]["steps"] if "run" in step] == ["make links"]
