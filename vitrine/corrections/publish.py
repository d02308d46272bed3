"""The table of a store into a data set of the Hugging Face Hub, every few minutes; each server has a file of its own.

Pictures stay where they are: who consents to their being kept by a page has not consented to more. The data set is
private; one that all the world can read is refused, since names of reviewers are in the table.
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as NotDoneError
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx2
from huggingface_hub import CommitInfo, CommitOperationAdd, CommitScheduler, HfApi
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError, RepositoryNotFoundError

from vitrine.corrections.export import write_table
from vitrine.corrections.judgment import Judgment
from vitrine.corrections.store import CorrectionStore
from vitrine.errors import UserError, first_line
from vitrine.records.atomic import write_text

DATASET = "dataset"
EVERY_MINUTES = 5.0
ANSWER_SECONDS = 6.0  # that the Hub may take to say what is there
LAST_SECONDS = 8.0  # that the last push may take when a page ends
SERVER = "server.txt"  # in the folder of the store: who this is among the servers of a data set
PLACE = "corrections"  # in the data set
FAULTS = (httpx2.HTTPError, OSError, HFValidationError)
UNPUSHED = "corrections: not on the Hub yet ({reason}); they are kept in {folder}, and are pushed with the next ones"


class StoreScheduler(CommitScheduler):
    """Pushes the table of a store where something was added.

    Args:
        store: whose table it is.
        repo_id: of the data set, which is there.
        every: minutes between two looks.
        say: is told what did not get there.
        api: with the user's token.
    """

    def __init__(
        self, store: CorrectionStore, repo_id: str, every: float, say: Callable[[str], None], api: HfApi
    ) -> None:
        # All before the library's own: it starts the thread that asks for them.
        self.store, self.say = store, say
        self.file = f"{PLACE}/{name_server(store.folder)}.csv"
        self.pushed: list[Judgment] = []
        super().__init__(
            repo_id=repo_id, folder_path=store.folder, every=every, repo_type=DATASET, private=True, hf_api=api
        )

    def push_to_hub(self) -> CommitInfo | None:
        """Makes a commit of the whole table, which only grows; None where it has not grown, or did not get there."""
        try:
            said = self.store.all()
            if said == self.pushed:
                return None
            commit = self._commit(said)
        except (UserError, *FAULTS) as error:
            self.say(UNPUSHED.format(reason=first_line(error), folder=self.store.folder))
            return None
        self.pushed = said
        return commit

    def _commit(self, said: list[Judgment]) -> CommitInfo:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "table.csv"
            write_table(table, [replace(one, kept="") for one in said])
            operation = CommitOperationAdd(self.file, table.read_bytes())
        count = len(said)
        message = f"{count:,} {'judgment' if count == 1 else 'judgments'}"
        return self.api.create_commit(
            repo_id=self.repo_id, repo_type=DATASET, operations=[operation], commit_message=message
        )


@contextmanager
def pushing(
    store: CorrectionStore, repo_id: str, say: Callable[[str], None], every: float = EVERY_MINUTES
) -> Iterator[StoreScheduler]:
    """Pushes the table of a store while the block runs, and once more at its end.

    Args:
        store: whose table it is; its folder is made.
        repo_id: `owner/name` of the data set, which is made where there is none.
        say: is told what did not get there.
        every: minutes between two looks.

    Raises:
        UserError: the data set cannot be written, or all the world can read it.
    """
    store.check()
    api = HfApi()
    _check_private(api, repo_id)
    scheduler = StoreScheduler(store, repo_id, every, say, api)
    try:
        yield scheduler
    finally:
        with suppress(NotDoneError):
            scheduler.trigger().result(LAST_SECONDS)
        scheduler.stop()


def name_server(folder: Path) -> str:
    """What tells the servers of a data set apart; the same after a restart on the same folder."""
    path = folder / SERVER
    if not path.is_file():
        write_text(path, secrets.token_hex(6))
    return "".join(letter for letter in path.read_text("utf-8") if letter in "0123456789abcdef")[:12]


def _check_private(api: HfApi, repo_id: str) -> None:
    """Makes a private data set, or makes sure that the one that is there is private."""
    option = f"--corrections-to {repo_id}"
    if repo_id.count("/") != 1 or not all(repo_id.split("/")):
        raise UserError(f"{option}: a data set on the Hub reads owner/name")
    try:
        with suppress(RepositoryNotFoundError):
            if not api.repo_info(repo_id, repo_type=DATASET, timeout=ANSWER_SECONDS).private:
                raise UserError(
                    f"{option}: this data set is public, and the table holds names of reviewers; make it private on "
                    "its page, or choose another name"
                )
        api.create_repo(repo_id, repo_type=DATASET, private=True, exist_ok=True)
    except LocalTokenNotFoundError as error:
        raise UserError(f"{option}: you are not logged in; run `hf auth login` (a token with write access)") from error
    except FAULTS as error:
        reason = first_line(error)
        raise UserError(
            f"{option}: the Hub does not let this page write there ({reason}); see to the network, the name and the "
            "rights of your token (HF_TOKEN)"
        ) from error
