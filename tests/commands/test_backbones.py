import subprocess
import sys

import pytest

from vitrine.commands.backbones import format_table, main
from vitrine.models.backbones.table import BACKBONES


def test_all_backbones_are_listed_within_106_columns(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 106
    assert all(f"\n{name} " in text for name in BACKBONES)
    assert "model.backbone=" in text
    assert "model.architecture=" in text


@pytest.mark.parametrize(("order", "column", "reverse"), [("size", 2, False), ("top1", 4, True)])
def test_the_table_is_sorted_by_what_was_asked_for(order, column, reverse):
    values = [float(line.split()[column]) for line in format_table(order).splitlines()[1:]]
    assert values == sorted(values, reverse=reverse)


def test_the_fastest_come_first_and_the_unmeasured_last():
    times = [line.split()[6] for line in format_table("ms").splitlines()[1:]]
    measured = [float(value) for value in times if value != "-"]
    assert measured == sorted(measured)
    assert times == [value for value in times if value != "-"] + ["-"] * times.count("-")


def test_the_list_comes_without_loading_torch():
    program = (
        "import sys; from vitrine.commands.backbones import main; main([]); "
        "assert not {'torch', 'timm', 'transformers'} & set(sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
