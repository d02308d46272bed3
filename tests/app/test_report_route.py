"""The report is served as a page that can do nothing, and nothing else is."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from vitrine.app.report_route import report_route


def test_the_report_is_a_page_without_scripts_or_requests(tmp_path):
    (tmp_path / "report.html").write_text("<h1>é</h1><script>alert(1)</script>", encoding="utf-8")
    client = TestClient(Starlette(routes=[report_route(lambda: tmp_path / "report.html")]))
    answer = client.get("/report")
    assert "<h1>é</h1>" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert client.get("/report/../metrics.json").status_code == 404


def test_a_report_that_was_removed_is_one_message(tmp_path):
    client = TestClient(Starlette(routes=[report_route(lambda: tmp_path / "report.html")]))
    answer = client.get("/report")
    assert (answer.status_code, answer.text) == (404, "the report is not there any more")
    none_yet = TestClient(Starlette(routes=[report_route(lambda: None)]))
    assert none_yet.get("/report").status_code == 404
