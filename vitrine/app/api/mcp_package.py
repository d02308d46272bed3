"""Whether the library for MCP is there, told before a model is loaded."""

from importlib.metadata import PackageNotFoundError, version

from vitrine.errors import UserError

GENERATION = "2"  # of the library: the names that `mcp` imports came with it


def check_mcp_package() -> None:
    """Looks for the library without importing it.

    Raises:
        UserError: it is missing, or of another generation.
    """
    try:
        found = version("mcp")
    except PackageNotFoundError:
        found = "none"
    if found.partition(".")[0] != GENERATION:
        raise UserError(
            f"--mcp: needs version {GENERATION} of the package mcp, and here is {found}: "
            "pip install -r requirements-mcp.txt (or vitrine[mcp])"
        )
