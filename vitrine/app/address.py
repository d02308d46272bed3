"""The port that the page listens on and the address that people open."""

import errno
import socket
import sys

from vitrine.errors import UserError

PORTS_TRIED = 100
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not listened on)


def free_port(host: str, wanted: int) -> int:
    """Returns the first free port from `wanted` on; 0 takes any free one.

    Args:
        host: address to listen on.
        wanted: port, 0 to 65535.

    Raises:
        UserError: the host is not an address of this machine, the port needs more rights, or no port is free.
    """
    if wanted == 0:
        return _try_port(host, 0)
    last = min(wanted + PORTS_TRIED - 1, 65535)
    for port in range(wanted, last + 1):
        try:
            return _try_port(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise UserError(f"--port {wanted}: the ports from {wanted} to {last} are all taken; choose another with --port")


def _try_port(host: str, port: int) -> int:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise UserError(f"--host {host}: not an address; use 127.0.0.1 or 0.0.0.0") from None
    with socket.socket(family, kind, protocol) as trial:
        if sys.platform == "win32":  # where SO_REUSEADDR takes a port that another program has
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # as the server itself does: a port that was left a moment ago counts as free
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(f"--host {host}: not an address of this machine; use 127.0.0.1 or 0.0.0.0") from None
            if error.errno == errno.EACCES:
                raise UserError(f"--port {port}: no permission; choose one from 1024 on") from None
            raise
        return int(trial.getsockname()[1])


def page_address(host: str, port: int) -> str:
    """The address to open on this machine."""
    if host in EVERYWHERE:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
