"""What the pages say to do before a training without a network brings the weights that it needs."""

import re
import shlex
import subprocess
import sys

import pytest

from tests.documentation.blocks import ROOT, pages
from tests.factories import write_tiny_resnet
from tests.hub_double import HubDouble

COMMAND = re.compile(r"`(python -m vitrine [^`]+)`")
NETWORKS = {"microsoft/resnet-18": "models", "timm/vgg16.tv_in1k": "models"}
TRAINS = "from vitrine.models.backbones.build import build_backbone; build_backbone('{}', ('cat', 'dog'))"


def offline_commands():
    """Those of each paragraph that speaks of working offline."""
    paragraphs = [
        part for page in pages() for part in page.read_text("utf-8").split("\n\n") if "HF_HUB_OFFLINE" in part
    ]
    assert len(paragraphs) >= 2
    return [[shlex.split(command) for command in COMMAND.findall(part)] for part in paragraphs]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offline")
    network = write_tiny_resnet(folder / "tiny")
    with HubDouble(folder / "hub") as double:
        for name, kind in NETWORKS.items():
            double.put(kind, name, {path.name: path.read_bytes() for path in network.iterdir()})
        yield double


def run(words, environment, folder):
    return subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def test_every_paragraph_about_working_offline_says_how_weights_are_fetched():
    assert all(any("--fetch" in words for words in commands) for commands in offline_commands())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("words", [words for commands in offline_commands() for words in commands], ids=shlex.join)
def test_after_the_command_the_weights_are_found_without_a_network(words, hub, tmp_path):
    words = [sys.executable, *words[1:]]
    words = [
        str(ROOT / "configs/s4_cartoons.yaml") if word.startswith(("RECIPE", "configs/")) else word for word in words
    ]
    name = "vgg16" if any("vgg16" in word for word in words) else "microsoft/resnet-18"
    environment = hub.environment(tmp_path / "home") | {"PYTHONPATH": str(ROOT)}
    offline = environment | {"HF_HUB_OFFLINE": "1"}
    train = [sys.executable, "-c", TRAINS.format(name)]
    assert run(train, offline, tmp_path).returncode != 0, "or this test could not fail"
    fetched = run([*words, *([] if "--classes" in words else ["--classes", "2"])], environment, tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    trained = run(train, offline, tmp_path)
    assert trained.returncode == 0, trained.stderr
