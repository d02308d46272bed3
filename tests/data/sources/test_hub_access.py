"""What the Hub, or the way to it, says: one message each. What a Hub answers is tested with `test_hub_dataset`."""

import datasets
import httpx2
import pytest
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from vitrine.data.sources import hub_access
from vitrine.data.sources.hub_access import (
    HubDataset,
    ask_hub,
    causes,
    describe_error,
    explain_hub_error,
    quiet_datasets,
)
from vitrine.errors import UserError


def answer(status):
    return httpx2.Response(status, request=httpx2.Request("GET", "https://example.org"))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (GatedRepoError("", response=answer(403)), "its owner grants access on request; ask on its page"),
        (
            RevisionNotFoundError("", response=answer(404)),
            "has no branch, tag or commit 'v9'; change data.hub.revision",
        ),
        (HFValidationError("odd"), "this cannot be an id on the Hub, which reads owner/name"),
        (HfHubHTTPError("", response=answer(401)), "the Hub does not accept your token; run `hf auth login`"),
        (RepositoryNotFoundError("", response=answer(401)), "there is no such data set on the Hugging Face Hub"),
        (HfHubHTTPError("busy", response=answer(503)), "the Hugging Face Hub cannot be reached (busy)"),
        (ConnectionError("no route"), "the Hugging Face Hub cannot be reached (no route). Try again with a network"),
    ],
    ids=["gated", "revision", "id", "token", "missing", "busy", "offline"],
)
def test_every_error_of_the_hub_is_one_message_with_what_to_do(error, message):
    said = explain_hub_error(error, "ann/birds", "v9")
    assert isinstance(said, UserError)
    assert str(said).startswith("data.source: hub:ann/birds")
    assert message in str(said)


class Hub:
    """Stands for the Hub's own client."""

    def __init__(self, error=None, files=(), gated=False):
        self.error, self.files, self.gated, self.checked = error, files, gated, []

    def dataset_info(self, repo_id, revision, timeout):
        if self.error is not None:
            raise self.error
        siblings = [type("File", (), {"rfilename": file})() for file in self.files]
        return type("Info", (), {"sha": "abc", "gated": self.gated, "siblings": siblings})()

    def auth_check(self, repo_id, repo_type):
        self.checked.append((repo_id, repo_type))


@pytest.mark.parametrize("gated", [False, "manual"])
def test_a_data_set_that_may_be_read_has_a_commit_and_a_gated_one_is_asked_for_access(monkeypatch, gated):
    hub = Hub(files=["train.parquet"], gated=gated)
    monkeypatch.setattr(hub_access, "HfApi", lambda: hub)
    assert ask_hub("ann/birds") == HubDataset("abc")
    assert hub.checked == ([("ann/birds", "dataset")] if gated else [])


def test_without_a_network_by_choice_the_copy_that_is_there_will_do(monkeypatch):
    monkeypatch.setattr(hub_access, "HfApi", lambda: Hub(OfflineModeIsEnabled("off")))
    assert ask_hub("ann/birds") == HubDataset(None)


def test_a_data_set_that_needs_a_program_of_its_own_is_refused(monkeypatch):
    monkeypatch.setattr(hub_access, "HfApi", lambda: Hub(files=["README.md", "birds.py"]))
    with pytest.raises(UserError, match=r"program of its own \(birds\.py\).*data\.hub\.revision=refs/convert/parquet"):
        ask_hub("ann/birds")


def test_the_first_line_of_what_went_wrong_on_the_network_is_told():
    error = ValueError("cannot read\nmore")
    assert describe_error(error) == "cannot read"
    error.__cause__ = httpx2.ConnectError("no route\nto host")
    assert list(causes(error)) == [error, error.__cause__]
    assert describe_error(error) == "no route"
    assert describe_error(TimeoutError()) == "TimeoutError"


def test_datasets_is_quiet_for_a_while_and_then_as_before():
    logging = datasets.utils.logging
    before = logging.is_progress_bar_enabled(), logging.get_verbosity()
    seen = []

    def fail():
        with quiet_datasets():
            seen.append((logging.is_progress_bar_enabled(), logging.get_verbosity()))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [(False, logging.CRITICAL)]
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == before
