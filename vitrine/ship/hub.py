"""The Hugging Face Hub as a place to publish: who may write where, and one message for whatever goes wrong there."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoCard
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # public, but not listed

from vitrine.data.sources.hub_access import ANSWER_SECONDS, causes, describe_error
from vitrine.errors import UserError, first_line
from vitrine.ship.hub_history import check_history

ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
REFUSED, UNPAID, FORBIDDEN, CHANGED_MEANWHILE, TOO_MANY = 401, 402, 403, 412, 429
NOT_CONTENT = {"README.md", ".gitattributes"}  # what a repository may hold before anything is published in it


@dataclass(frozen=True)
class Place:
    """A repository that may be written to.

    Attributes:
        user: what the Hub says of whom it belongs to that asks.
        there: what the Hub says of it (`huggingface_hub.ModelInfo` and the like); None where it is still to be made.
    """

    user: dict[str, Any]
    there: Any

    @property
    def files(self) -> set[str]:
        """What it holds, by path."""
        return {file.rfilename for file in self.there.siblings or ()} if self.there else set()


def check_repo_id(repo_id: str, what: str) -> None:
    """Makes sure that the Hub takes a name, without asking it.

    Args:
        repo_id: as somebody gave it.
        what: "a model", for the message.

    Raises:
        UserError: it does not read owner/name, or has letters that the Hub does not take.
    """
    if repo_id.count("/") != 1 or not all(repo_id.split("/")):
        raise UserError(f"{repo_id}: {what} on the Hub reads owner/name")
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise _refuse_name(repo_id, error) from error
    if not ID.fullmatch(repo_id) or not repo_id.isascii():
        raise UserError(
            f"{repo_id}: the Hub does not take this name; it may hold letters from a to z, digits, and - _ . inside"
        )


def find_place(api: HfApi, repo_id: str, repo_type: str) -> Place:
    """Asks once, without retries, who we are, whether we may write there, and what is there.

    Args:
        api: with the user's token.
        repo_id: `owner/name`.
        repo_type: model, dataset or space.

    Raises:
        UserError: it belongs to somebody else.
    """
    try:
        there = api.repo_info(repo_id, repo_type=repo_type, timeout=ANSWER_SECONDS)
    except RepositoryNotFoundError:
        there = None
    user = api.whoami()
    owners = [user["name"], *(one["name"] for one in user.get("orgs", []))]
    if repo_id.split("/")[0].lower() not in (name.lower() for name in owners):
        raise UserError(f"{repo_id}: you are logged in as {user['name']} and may write to {', '.join(owners)} only")
    return Place(user, there)


def check_is_ours(place: Place, repo_id: str, mark: str, what: str) -> None:
    """Makes sure that nothing of anybody else is overwritten.

    Args:
        place: where something shall be published.
        repo_id: of it.
        mark: file by which Vitrine's own repositories are known.
        what: "a model", for the message.

    Raises:
        UserError: the repository holds something else.
    """
    if place.files - NOT_CONTENT and mark not in place.files:
        raise UserError(
            f"{repo_id} is there already, is not a {what} of Vitrine's, and is not overwritten; choose another name"
        )


def check_audience(place: Place, repo_id: str, is_public: bool) -> None:
    """Makes sure that nobody publishes to all the world what is meant to be private.

    Args:
        place: where something shall be published.
        repo_id: of it.
        is_public: whether all may see it.

    Raises:
        UserError: the repository is public already, and nobody has said so.
    """
    if place.there and not place.there.private and not is_public:
        raise UserError(f"{repo_id} is there already and is public: add --public, or choose another name")


def commit_folder(
    api: HfApi,
    place: Place,
    repo_id: str,
    files: Mapping[str, Path],
    is_public: bool,
    *,
    repo_type: str,
    message: str,
    **creation: Any,
) -> str:
    """Makes the repository where there is none, and one commit that leaves these files alone in it.

    Args:
        api: with the user's token.
        place: of the repository, as it was found.
        repo_id: of it.
        files: by path in the repository.
        is_public: whether all may see it.
        repo_type: model or space.
        message: of the commit.
        creation: for `HfApi.create_repo`.

    Returns:
        The id of the commit.

    Raises:
        UserError: it would bring pictures of its past along, see `check_history`; nothing was changed.
    """
    is_opened = bool(is_public and place.there and place.there.private)
    if is_opened:
        check_history(api, repo_id, files, repo_type)
    api.create_repo(repo_id, repo_type=repo_type, private=not is_public, exist_ok=True, **creation)
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(name, file) for name, file in files.items()),
        *(CommitOperationDelete(name) for name in sorted(place.files - set(files) - {".gitattributes"})),
    ]
    head = place.there.sha if place.there else None
    with quiet_hub():
        commit = api.create_commit(repo_id, operations, commit_message=message, repo_type=repo_type, parent_commit=head)
    if is_opened:
        with after_commit(repo_id):
            api.update_repo_settings(repo_id, private=False, repo_type=repo_type)
    return str(commit.oid)


@contextmanager
def quiet_hub() -> Iterator[None]:
    """Keeps the library's own words from the terminal; its bars of uploads are shown."""
    verbosity = hub_logging.get_verbosity()
    hub_logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hub_logging.set_verbosity(verbosity)


def validate_card(card: RepoCard, license_id: str | None) -> None:
    """Lets the Hub look at a card's head before anything is uploaded.

    Args:
        card: of what is published.
        license_id: that was asked for, which is the likeliest fault.

    Raises:
        UserError: the Hub does not accept it.
    """
    try:
        card.validate()
    except ValueError as error:
        about = f"--license {license_id}: " if license_id else ""
        answer = next((one for one in causes(error) if isinstance(one, HfHubHTTPError)), None)
        reason = answer.server_message if answer is not None else None  # its first line has the status alone
        raise UserError(f"{about}the Hub does not accept the card ({reason or first_line(error)})") from error


@contextmanager
def one_message(repo_id: str, kept: str) -> Iterator[None]:
    """Turns what the Hub, or the way to it, says into one message.

    Args:
        repo_id: that is published.
        kept: a sentence on what is not lost when the network is.

    Raises:
        UserError: whatever went wrong there.
    """
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise UserError(f"{repo_id}: the Hub is switched off on this machine; publish from another") from error
    except LocalTokenNotFoundError as error:
        raise UserError(f"{repo_id}: you are not logged in; run `hf auth login` (a token with write access)") from error
    except HFValidationError as error:
        raise _refuse_name(repo_id, error) from error
    except ValueError as error:  # it looks at the head of a README.md before it takes it
        raise UserError(f"{repo_id}: the Hub does not accept it ({describe_error(error)})") from error
    except RuntimeError as error:  # an upload that failed is wrapped
        answer = next((one for one in causes(error) if isinstance(one, HfHubHTTPError)), None)
        if answer is not None:
            raise UserError(f"{repo_id}: {_explain_answer(answer)}") from error
        if not any(isinstance(one, httpx2.HTTPError) for one in causes(error)):
            raise
        raise _no_network(repo_id, error, kept) from error
    except HfHubHTTPError as error:
        raise UserError(f"{repo_id}: {_explain_answer(error)}") from error
    except (httpx2.HTTPError, EntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise _no_network(repo_id, error, kept) from error


@contextmanager
def after_commit(repo_id: str) -> Iterator[None]:
    """As `one_message`, where the files are on the Hub already.

    Args:
        repo_id: that is published.

    Raises:
        UserError: says so, too.
    """
    try:
        with one_message(repo_id, ""):
            yield
    except UserError as error:
        said = str(error).rstrip(". ")
        raise UserError(f"{said}. Its files are on the Hub already; the same command does what is left") from error


def _refuse_name(repo_id: str, error: HFValidationError) -> UserError:
    return UserError(f"{repo_id}: the Hub does not take this name ({describe_error(error)})")


def _no_network(repo_id: str, error: BaseException, kept: str) -> UserError:
    return UserError(
        f"{repo_id}: the Hugging Face Hub cannot be reached ({describe_error(error)}); run the command again with "
        f"a network. {kept}"
    )


def _explain_answer(error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if status == REFUSED:
        return "the Hub does not accept your token; run `hf auth login`, or change HF_TOKEN"
    if status == UNPAID:
        return f"the Hub asks for a paid account for this ({error.server_message or 'payment required'})"
    if status == FORBIDDEN:
        return "your token gives no right to write there; run `hf auth login` with a token that has write access"
    if status == CHANGED_MEANWHILE:
        return "somebody changed it on the Hub meanwhile, and nothing was written; look at it and run the command again"
    if status == TOO_MANY:
        wait = error.response.headers.get("Retry-After")
        return f"the Hub had too many requests from you; run the command again {f'in {wait} s' if wait else 'later'}"
    if isinstance(error, BadRequestError):
        return f"the Hub does not accept it ({error.server_message or describe_error(error)})"
    return f"the Hub answered with an error ({describe_error(error)}); try again later"
