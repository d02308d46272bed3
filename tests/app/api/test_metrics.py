"""The figures of a running server, as Prometheus reads them."""

from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from vitrine.app.api.metrics import Metrics


def values(metrics, name, **labels):
    families = text_string_to_metric_families(metrics.text().decode())
    samples = (sample for family in families for sample in family.samples)
    return [sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()]


def test_requests_are_counted_by_path_and_status_with_their_seconds():
    metrics = Metrics(SimpleNamespace(sizes={}, most=8))
    metrics.count("/predict", 200, 0.2)
    metrics.count("/predict", 200, 0.4)
    metrics.count("/predict", 422, 0.001)
    assert values(metrics, "vitrine_requests_total", path="/predict", status="200") == [2]
    assert values(metrics, "vitrine_requests_total", status="422") == [1]
    assert values(metrics, "vitrine_request_seconds_bucket", le="0.25") == [2]


def test_the_histogram_of_batches_adds_up_from_the_small_ones_to_all():
    metrics = Metrics(SimpleNamespace(sizes={1: 5, 3: 2}, most=4))
    assert values(metrics, "vitrine_batch_pictures_bucket") == [5, 5, 7, 7, 7]
    assert values(metrics, "vitrine_batch_pictures_sum") == [11]
    assert values(metrics, "vitrine_pictures_total") == [11]


def test_two_servers_of_one_process_count_apart():
    first, second = (Metrics(SimpleNamespace(sizes={}, most=8)) for _ in range(2))
    first.count("page", 200, 0.1)
    assert values(second, "vitrine_requests_total") == []


def test_a_second_model_is_counted_beside_that_of_the_page():
    metrics = Metrics(SimpleNamespace(sizes={1: 5}, most=4), SimpleNamespace(sizes={2: 3}, most=2))
    assert values(metrics, "vitrine_pictures_total", model="page") == [5]
    assert values(metrics, "vitrine_pictures_total", model="beside") == [6]
    assert values(metrics, "vitrine_batch_pictures_bucket", model="beside") == [0, 3, 3]
