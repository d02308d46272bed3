"""Whether a data set of the Hugging Face Hub can be had, answered in seconds and, where it cannot, in one message."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import datasets
import httpx2
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from vitrine.errors import UserError

# The libraries ask five times with growing pauses, for 23 seconds, before they say that there is no network.
ANSWER_SECONDS = 6.0
NETWORK_ERRORS = (httpx2.HTTPError, OSError)
REFUSED = 401


@dataclass(frozen=True)
class HubDataset:
    """What the Hub says about a data set.

    Attributes:
        commit: what the asked revision stands for now; None where the network is switched off (HF_HUB_OFFLINE=1) and a
            copy of an earlier download is all that can be used.
    """

    commit: str | None


def ask_hub(repo_id: str, revision: str | None = None) -> HubDataset:
    """Asks once, without retries, whether a data set is there and may be read.

    Args:
        repo_id: `owner/name`.
        revision: branch, tag or commit; None is the newest.

    Raises:
        UserError: there is none, it may not be read, it needs a program of its own, or the Hub does not answer.
    """
    api = HfApi()
    try:
        info = api.dataset_info(repo_id, revision=revision, timeout=ANSWER_SECONDS)
        if info.gated:  # its description is open to all, its files are not
            api.auth_check(repo_id, repo_type="dataset")
    except OfflineModeIsEnabled:
        return HubDataset(None)
    except (HFValidationError, *NETWORK_ERRORS) as error:
        raise explain_hub_error(error, repo_id, revision) from error
    script = f"{repo_id.split('/')[-1]}.py"
    if any(file.rfilename == script for file in info.siblings or ()):
        raise UserError(
            f"data.source: hub:{repo_id} can only be read by a program of its own ({script}), which is not run, since "
            "it could do anything. The Hub keeps a plain copy of most such data sets: set "
            "data.hub.revision=refs/convert/parquet"
        )
    return HubDataset(info.sha)


def explain_hub_error(error: Exception, repo_id: str, revision: str | None = None) -> UserError:
    """The one message for what the Hub, or the way to it, said.

    Args:
        error: that was raised.
        repo_id: of the data set or model.
        revision: branch, tag or commit that was asked for.
    """
    name = f"data.source: hub:{repo_id}"
    if isinstance(error, GatedRepoError):
        return UserError(f"{name}: its owner grants access on request; ask on its page, then run `hf auth login`")
    if isinstance(error, RevisionNotFoundError):
        return UserError(f"{name} has no branch, tag or commit '{revision}'; change data.hub.revision")
    if isinstance(error, HFValidationError):
        return UserError(f"{name}: this cannot be an id on the Hub, which reads owner/name")
    if isinstance(error, HfHubHTTPError) and error.response.status_code == REFUSED and not _is_missing(error):
        return UserError(f"{name}: the Hub does not accept your token; run `hf auth login`, or remove HF_TOKEN")
    if isinstance(error, RepositoryNotFoundError):
        return UserError(
            f"{name}: there is no such data set on the Hugging Face Hub (it reads owner/name, capitals count). "
            "If it is private, run `hf auth login` first"
        )
    return UserError(
        f"{name}: the Hugging Face Hub cannot be reached ({describe_error(error)}). Try again with a network, "
        "or give data.source the folder of a copy"
    )


@contextmanager
def quiet_datasets() -> Iterator[None]:
    """Keeps the steps and warnings of `datasets` from the terminal; bars of downloads and uploads are shown."""
    bars, verbosity = datasets.utils.logging.is_progress_bar_enabled(), datasets.utils.logging.get_verbosity()
    datasets.disable_progress_bars()
    datasets.utils.logging.set_verbosity(datasets.utils.logging.CRITICAL)
    try:
        yield
    finally:
        datasets.utils.logging.set_verbosity(verbosity)
        if bars:
            datasets.enable_progress_bars()


def describe_error(error: BaseException) -> str:
    """The first line of what went wrong on the network, or else of the error; its kind where it has no text."""
    told = next((one for one in causes(error) if isinstance(one, httpx2.HTTPError)), error)
    return next(iter(str(told).strip().splitlines()), "") or type(told).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies behind it: libraries wrap what really happened."""
    one: BaseException | None = error
    while one:
        yield one
        one = one.__cause__ or one.__context__


def _is_missing(error: HfHubHTTPError) -> bool:
    """The Hub answers 401 to people without a token for a missing repository too."""
    return isinstance(error, RepositoryNotFoundError)
