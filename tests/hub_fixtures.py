"""A double of the Hub, and a process that asks it: for the conftest.py of rooms whose tests publish."""

import pytest

from tests.hub_client import HubClient
from tests.hub_double import HubDouble


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with HubDouble(tmp_path_factory.mktemp("hub")) as double:
        yield double


@pytest.fixture(scope="module")
def client(hub, tmp_path_factory):
    with HubClient(hub.environment(tmp_path_factory.mktemp("home"))) as process:
        yield process
