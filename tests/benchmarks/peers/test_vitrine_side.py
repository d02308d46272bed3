"""Vitrine's own row."""

from pathlib import Path

import pandas as pd

from benchmarks.peers.vitrine_side import read_run


def test_a_run_says_what_a_peer_says(colors_workplace: Path):
    run = colors_workplace / "runs/colours/latest"
    line = read_run(run)
    history = pd.read_csv(run / "history.csv")
    assert [accuracy for _, accuracy in line["epochs"]] == history["validation_accuracy"].tolist()
    assert all(abs(moment - (run / "history.csv").stat().st_mtime) < 600 for moment, _ in line["epochs"])
    assert 0 <= line["right"] <= line["total"] == len(pd.read_csv(run / "predictions.csv"))
    assert line["images_per_second"] > 0
