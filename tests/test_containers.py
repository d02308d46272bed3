"""Dockerfiles, compose file and workflow say what they should. None is built here: they are read and held to rules."""

import json
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from vitrine.commands import COMMANDS
from vitrine.ship.bundle import APP, REQUIREMENTS
from vitrine.ship.pins import LIBRARIES, PYTHON

ROOT = Path(__file__).parents[1]
SERVE, TRAIN = ROOT / "vitrine/ship/Dockerfile", ROOT / "docker/train.Dockerfile"
WORDS = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD", "ENTRYPOINT"}


def read_dockerfile(path):
    """Instructions with what stands behind them, continued lines joined, comments left out."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", path.read_text("utf-8")).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("path", [SERVE, TRAIN], ids=["serve", "train"])
def test_a_dockerfile_has_known_instructions_an_exact_base_and_no_root(path):
    lines = read_dockerfile(path)
    assert {word for word, _ in lines} <= WORDS
    assert lines[0] == ("FROM", f"python:{PYTHON}-slim")
    words = [word for word, _ in lines]
    assert words.index("USER") < words.index("CMD")
    user = dict(lines)["USER"]
    assert any(word == "RUN" and text.startswith("useradd") and user in shlex.split(text) for word, text in lines)
    for word, text in lines:
        if word in ("CMD", "ENTRYPOINT"):
            assert all(isinstance(one, str) for one in json.loads(text))
        if word == "RUN" and "pip install" in text:
            assert "--no-cache-dir" in shlex.split(text)


@pytest.mark.parametrize("path", [SERVE, TRAIN], ids=["serve", "train"])
def test_libraries_are_installed_before_the_code_is_copied(path):
    lines = read_dockerfile(path)
    install = next(place for place, (_, text) in enumerate(lines) if "pip install" in text)
    copied = [text.split()[:-1] for word, text in lines[:install] if word == "COPY"]
    assert copied == [["requirements.txt"]]


def test_the_image_for_serving_takes_the_pins_of_a_bundle_and_starts_its_page():
    lines = dict(read_dockerfile(SERVE))
    assert json.loads(lines["CMD"])[:2] == ["python", APP]
    assert REQUIREMENTS in SERVE.read_text("utf-8")
    assert not {"torch", "transformers"} & set(LIBRARIES)
    assert json.loads(lines["CMD"])[-1] == lines["EXPOSE"]
    assert f":{lines['EXPOSE']}/" in lines["HEALTHCHECK"]


def test_what_the_image_for_training_copies_is_there_and_is_not_ignored():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [name for word, text in read_dockerfile(TRAIN) if word == "COPY" for name in text.split()[:-1]]
    assert {"vitrine", "configs", "pyproject.toml", "setup.py"} <= set(sources)
    for name in sources:
        assert list(ROOT.glob(name)), name
        assert any(fnmatch(name, pattern) for pattern in kept), name
    needed = re.findall(r'file = \["([^"]+)"\]', (ROOT / "pyproject.toml").read_text())
    assert all(any(fnmatch(name, pattern) for pattern in sources) for name in needed)


def test_compose_starts_the_page_with_its_figures_and_opens_both_to_this_machine_only():
    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text("utf-8"))["services"]
    assert set(services) == {"page", "prometheus"}
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert f"127.0.0.1:{dict(read_dockerfile(SERVE))['EXPOSE']}:7860" in ports
    assert re.fullmatch(r"[\w./-]+:v\d+\.\d+\.\d+", services["prometheus"]["image"])
    assert all(set(service.get("depends_on", ())) <= set(services) for service in services.values())


def test_prometheus_asks_services_that_compose_starts():
    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text("utf-8"))["services"]
    mounted = [volume.split(":")[0] for volume in services["prometheus"]["volumes"]]
    (config,) = [ROOT / "docker" / path for path in mounted if path.startswith("./")]
    for job in yaml.safe_load(config.read_text("utf-8"))["scrape_configs"]:
        asked = [target for static in job["static_configs"] for target in static["targets"]]
        assert asked
        assert {target.split(":")[0] for target in asked} <= set(services)


def test_the_workflow_runs_every_check_on_the_oldest_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yaml").read_text("utf-8"))
    job = workflow["jobs"]["test"]
    assert "3.11" in job["strategy"]["matrix"]["python"]
    assert workflow["permissions"] == {"contents": "read"}
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == [".ci/run"]
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert all("@" in step["uses"] for step in job["steps"] if "uses" in step)


@pytest.mark.parametrize("path", [SERVE, TRAIN, ROOT / "docker/compose.yaml"], ids=lambda path: path.name)
def test_commands_of_vitrine_in_their_comments_exist(path):
    named = re.findall(r"(?:python -m vitrine|vitrine-train) ([a-z][a-z-]+)", path.read_text("utf-8"))
    assert set(named) - {"."} <= set(COMMANDS)


def test_the_repository_is_a_space_as_it_stands_with_versions_in_full():
    text = (ROOT / "README.md").read_text("utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["sdk"], head["python_version"]) == ("gradio", PYTHON)
    assert (ROOT / head["app_file"]).is_file()
    needed = {one.name: one.specifier for one in map(Requirement, read_requirements())}
    assert str(head["sdk_version"]) in needed["gradio"]
    assert str(head["sdk_version"]).count(".") == 2
    assert "MODEL_ID" in (ROOT / head["app_file"]).read_text("utf-8")


def read_requirements():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
