"""The port that is listened on, and the address that is printed."""

import pytest

from vitrine.app.address import EVERYWHERE, free_port, page_address
from vitrine.errors import UserError


def test_a_taken_port_gives_the_next_free_one(taken_port):
    assert taken_port < free_port("127.0.0.1", taken_port) < taken_port + 100
    assert free_port("127.0.0.1", 0) > 0


def test_a_host_of_another_machine_is_refused_by_name():
    with pytest.raises(UserError, match=r"--host 203\.0\.113\.7: not an address of this machine"):
        free_port("203.0.113.7", 7860)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        (EVERYWHERE[0], "http://127.0.0.1:7860"),
        ("::1", "http://[::1]:7860"),
    ],
)
def test_the_printed_address_can_be_opened(host, address):
    assert page_address(host, 7860) == address
