"""Figures of a running server in the text format of Prometheus."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from vitrine.predict.batcher import Batcher

MODEL = ("model",)  # the label: that of the page, or the one beside it
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What is counted: requests by path and status, their seconds, batches, pictures, memory of the process.

    Args:
        batcher: asks the model; counts the batches itself.
        beside: asks the second model of the page; None: there is none.
    """

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, batcher: Batcher, beside: Batcher | None = None) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "vitrine_requests", "Requests that were answered", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "vitrine_request_seconds", "From request to answer", ["path"], buckets=SECONDS, registry=self._registry
        )
        batchers = {"page": batcher} | ({} if beside is None else {"beside": beside})
        self._registry.register(_Batches(batchers))
        ProcessCollector(registry=self._registry)

    def count(self, path: str, status: int, seconds: float) -> None:
        """Notes a request.

        Args:
            path: of a route, or "page" for those of the page.
            status: HTTP status of the answer.
            seconds: that it took.
        """
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """The figures as they are now."""
        return generate_latest(self._registry)


class _Batches(Collector):
    """How many pictures each model answered at a time, as its batcher counts them."""

    def __init__(self, batchers: Mapping[str, Batcher]) -> None:
        self._batchers = batchers

    def collect(self) -> Iterator[Metric]:
        batches = HistogramMetricFamily("vitrine_batch_pictures", "Pictures that were answered together", labels=MODEL)
        answered = CounterMetricFamily("vitrine_pictures", "Pictures that were answered", labels=MODEL)
        for model, batcher in self._batchers.items():
            sizes = batcher.sizes
            up_to = accumulate(sizes.get(size, 0) for size in range(1, batcher.most + 1))
            buckets = [(str(float(size)), count) for size, count in enumerate(up_to, start=1)]
            pictures = sum(size * count for size, count in sizes.items())
            batches.add_metric([model], [*buckets, ("+Inf", sum(sizes.values()))], pictures)
            answered.add_metric([model], pictures)
        yield batches
        yield answered
