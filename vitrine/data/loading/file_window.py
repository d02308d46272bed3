"""The few files of streamed training pictures that are on this machine just now, as the order of the batches asks."""

import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from vitrine.data.loading.shard_batches import SHARDS_AT_A_TIME
from vitrine.data.prepared.local_copy import ELSEWHERE, fetch_file
from vitrine.data.prepared.training_files import TrainingFiles
from vitrine.data.sources.places import KEPT, SAME_COMMAND, SourceLostError
from vitrine.records.disk_room import check_room
from vitrine.records.locks import hold_lock, is_locked

FILES_AT_A_TIME = 2 * SHARDS_AT_A_TIME  # a group that is read, and the next one
PREFIX, LOCK = ".streamed-", "lock"


class FileWindow:
    """Batches, each of which is given when the files with its pictures are here.

    Files are fetched ahead, in the order in which the batches need them, and removed when no later batch does; each
    process has a folder of its own for them. So many are there or on their way at a time: `FILES_AT_A_TIME`; more where
    a batch, or those that loader processes may still be reading, lie in more.

    Args:
        files: where they are.
        shard_of: number of the file of each row, `[rows]`.
        batches: rows; gives the same ones whenever it is asked twice.
        unread: how many of the batches that were given may not have been read yet, as loader processes work ahead.

    Attributes:
        paths: where each file is while it is here, by its number.

    Raises:
        UserError: there is no room for so many files.
    """

    def __init__(
        self, files: TrainingFiles, shard_of: npt.NDArray[np.integer], batches: Iterable[Sequence[int]], unread: int
    ) -> None:
        self._files, self._shard_of, self._batches, self._unread = files, shard_of, batches, unread
        self._names = list(files.sums)
        self._kept = {number for number, name in enumerate(self._names) if (files.folder / name).exists()}
        sizes = sorted((one.size_bytes for one in files.sums.values()), reverse=True)
        what = f"engine.reading=streamed: what is fetched of {files.address} at a time"
        check_room(what, files.folder, sum(sizes[:FILES_AT_A_TIME]), f"make room, {ELSEWHERE}")
        self._scratch, self._lock = _open_scratch(files.folder.parent)
        folders = [files.folder if number in self._kept else Path(self._scratch.name) for number in range(len(sizes))]
        self.paths = [folder / name for folder, name in zip(folders, self._names, strict=True)]
        self._here: dict[int, Future[None]] = {}
        self._threads = ThreadPoolExecutor(SHARDS_AT_A_TIME)

    def __len__(self) -> int:
        return len(self._batches)  # type: ignore[arg-type]  # all of ours have a length

    def __iter__(self) -> Iterator[Sequence[int]]:
        needed = [set(np.unique(self._shard_of[list(batch)]).tolist()) - self._kept for batch in self._batches]
        order = list(dict.fromkeys(chain.from_iterable(needed)))
        last = {number: step for step, numbers in enumerate(needed) for number in numbers}
        self._begin(order[:FILES_AT_A_TIME])
        ahead = deque(number for number in order if number not in self._here)
        for step, batch in enumerate(self._batches):
            for number in [one for one in self._here if last[one] < step - self._unread]:
                self._remove(number)
            while ahead and (len(self._here) < FILES_AT_A_TIME or not needed[step] <= self._here.keys()):
                self._here[ahead[0]] = self._threads.submit(self._fetch, ahead[0])
                ahead.popleft()
            for number in needed[step]:
                self._here[number].result()
            yield batch

    def _begin(self, first: Sequence[int]) -> None:
        """Of what an earlier pass left, keeps what is needed soon."""
        for number, fetched in list(self._here.items()):
            if number not in first or (fetched.done() and fetched.exception() is not None):
                self._remove(number)

    def _remove(self, number: int) -> None:
        fetched = self._here[number]
        if not fetched.cancel():
            wait([fetched])
        with suppress(PermissionError):  # Windows removes no file that is open; the next step tries it again
            self.paths[number].unlink(missing_ok=True)
            del self._here[number]

    def _fetch(self, number: int) -> None:
        name = self._names[number]
        try:
            fetch_file(Path(self._scratch.name), self._files.address, name, self._files.sums[name])
        except SourceLostError as error:
            error.reword(f"{SAME_COMMAND}{KEPT}", "go on with the training")
            raise


def _open_scratch(root: Path) -> tuple["TemporaryDirectory[str]", FileLock]:
    """A folder for this process, removed at its end; what processes left that were killed is removed before."""
    with hold_lock(root / ".streamed.lock"):
        for left in root.glob(f"{PREFIX}*"):
            if not is_locked(left / LOCK):
                shutil.rmtree(left, ignore_errors=True)
        scratch = TemporaryDirectory(prefix=PREFIX, dir=root, ignore_cleanup_errors=True)
        lock = FileLock(Path(scratch.name) / LOCK)
        lock.acquire()
    return scratch, lock
