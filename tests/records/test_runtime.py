"""The choice of a runtime, written and read again."""

from tests.factories import fault_of
from vitrine.records.runtime import RuntimeChoice


def test_it_is_read_as_it_was_written_and_an_unknown_runtime_is_named(tmp_path):
    choice = RuntimeChoice(machine="m", chosen="torch", seconds={"torch": 0.5}, left_out={"openvino": "not installed"})
    choice.write(tmp_path / "runtime.json")
    assert RuntimeChoice.read(tmp_path / "runtime.json") == choice
    text = (tmp_path / "runtime.json").read_text().replace('"chosen": "torch"', '"chosen": "abacus"')
    (tmp_path / "runtime.json").write_text(text)
    message = fault_of(RuntimeChoice.read, tmp_path / "runtime.json")
    assert "chosen" in message
    assert "delete it; it is measured anew" in message
