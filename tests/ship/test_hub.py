"""What the Hub, or the way to it, says in one message each."""

import types

import httpx2
import pytest
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from tests.factories import fault_of
from vitrine.ship.hub import Place, check_is_ours, check_repo_id, find_place, one_message


@pytest.mark.parametrize("repo_id", ["ann/birds", "a/b", "Ann-1/my_birds.v2"])
def test_names_that_the_hub_takes_pass(repo_id):
    check_repo_id(repo_id, "a model")


@pytest.mark.parametrize("repo_id", ["birds", "ann/birds/v2", "/birds", "ann/", ""])
def test_a_name_reads_owner_and_name(repo_id):
    assert fault_of(check_repo_id, repo_id, "a model") == f"{repo_id}: a model on the Hub reads owner/name"


@pytest.mark.parametrize("repo_id", ["ann/🐦", "ann/vögel", "ann/my birds", "ann/-birds", "ann/a--b", "ann/a..b"])
def test_letters_that_the_hub_does_not_take_are_refused_without_asking_it(repo_id):
    assert fault_of(check_repo_id, repo_id, "a model").startswith(f"{repo_id}: the Hub does not take this name")


def raise_within(error):
    with one_message("ann/birds", "Nothing is lost"):
        raise error


def answer(status, **headers):
    response = httpx2.Response(status, headers=headers, request=httpx2.Request("POST", "https://hub/api"))
    return HfHubHTTPError("no", response=response)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (answer(401), "does not accept your token"),
        (answer(402), "asks for a paid account for this"),
        (answer(403), "your token gives no right to write there"),
        (answer(412), "somebody changed it on the Hub meanwhile"),
        (answer(429, **{"Retry-After": "17"}), "too many requests from you; run the command again in 17 s"),
        (answer(429), "too many requests from you; run the command again later"),
        (answer(500), "answered with an error"),
        (LocalTokenNotFoundError(), "you are not logged in; run `hf auth login`"),
        (OfflineModeIsEnabled(), "the Hub is switched off on this machine"),
        (httpx2.ConnectError("no route"), "cannot be reached (no route); run the command again"),
        (httpx2.RemoteProtocolError("cut"), "cannot be reached (cut); run the command again"),
    ],
)
def test_every_answer_is_one_message_that_says_what_to_do(error, message):
    fault = fault_of(raise_within, error)
    assert fault.startswith("ann/birds: ")
    assert message in fault


def test_a_wrapped_error_of_an_upload_is_told_by_its_cause():
    wrapped = RuntimeError("upload failed")
    wrapped.__cause__ = answer(403)
    assert "gives no right to write" in fault_of(raise_within, wrapped)
    wrapped = RuntimeError("upload failed")
    wrapped.__cause__ = httpx2.ReadError("cut")
    assert "a network. Nothing is lost" in fault_of(raise_within, wrapped)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        raise_within(RuntimeError("a fault of ours"))


class Api:
    """A Hub with one user and no repository."""

    def repo_info(self, repo_id, **_):
        response = httpx2.Response(404, request=httpx2.Request("GET", "https://hub/api"))
        raise RepositoryNotFoundError("none", response=response)

    def whoami(self):
        return {"name": "ann", "orgs": [{"name": "Birds"}]}


def test_a_repository_of_an_own_organization_may_be_written_to():
    assert find_place(Api(), "birds/tits", "model").files == set()
    assert "logged in as ann and may write to ann, Birds only" in fault_of(find_place, Api(), "bob/tits", "model")


@pytest.mark.parametrize(
    ("files", "is_ours"),
    [(["README.md", ".gitattributes"], True), (["vitrine.json", "a.bin"], True), (["thesis.pdf"], False), ([], True)],
)
def test_what_is_of_somebody_else_is_not_overwritten(files, is_ours):
    there = types.SimpleNamespace(siblings=[types.SimpleNamespace(rfilename=file) for file in files])
    if is_ours:
        check_is_ours(Place({}, there), "ann/x", "vitrine.json", "model")
    else:
        fault = fault_of(check_is_ours, Place({}, there), "ann/x", "vitrine.json", "model")
        assert "is not a model of Vitrine's" in fault
