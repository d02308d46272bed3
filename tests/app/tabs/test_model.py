"""The tab on the model: how fast it answers here."""

from vitrine.app.tabs import model
from vitrine.app.tabs.model import Latency


def test_it_is_measured_once_a_minute(monkeypatch):
    measured, now = [], [100.0]
    monkeypatch.setattr(model, "measure_latency", lambda _predictor: measured.append(1) or 0.01 * len(measured))
    monkeypatch.setattr(model.time, "monotonic", lambda: now[0])
    latency = Latency(None)
    assert (latency.seconds(), latency.seconds()) == (0.01, 0.01)
    now[0] += model.FRESH_SECONDS
    assert latency.seconds() == 0.02
