from importlib.metadata import PackageNotFoundError

import pytest

from vitrine.app.api import mcp_package
from vitrine.commands.app import main


@pytest.mark.parametrize(("found", "said"), [(None, "none"), ("1.30.0", "1.30.0")])
def test_a_library_that_does_not_fit_is_told_before_a_model_is_looked_for(monkeypatch, capsys, found, said):
    def version(_name):
        if found is None:
            raise PackageNotFoundError
        return found

    monkeypatch.setattr(mcp_package, "version", version)
    assert main(["--mcp", "--model", "no/such/folder"]) == 2
    message = capsys.readouterr().err
    assert f"--mcp: needs version 2 of the package mcp, and here is {said}: pip install -r req" in message
    assert "no/such" not in message


def test_the_library_of_this_generation_is_taken(monkeypatch):
    monkeypatch.setattr(mcp_package, "version", lambda _name: "2.3.0")
    mcp_package.check_mcp_package()
