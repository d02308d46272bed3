"""A bounded sample of many answers, for a page: pictures taken by lot, the least sure ones, some of each class."""

import csv
import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.models.calibration.selective import NONE_OF_MINE
from vitrine.predict.answers.rows import Kind
from vitrine.records.spreadsheet import unguard_cell

RANDOM = 30
LEAST_SURE = 24
OF_A_CLASS = 8
MOST_PROBLEMS = 20


@dataclass(frozen=True, order=True)
class SampledAnswer:
    """A picture in the sample, in the order in which it was chosen.

    Attributes:
        rank: the lower, the earlier it is chosen.
        file: its name.
        kind: of its decision.
        label_name: the likeliest class.
        probability: of this class.
        second: the next class; "" where the table names one alone.
    """

    rank: float
    file: str
    kind: Kind = field(compare=False)
    label_name: str = field(compare=False)
    probability: float = field(compare=False)
    second: str = field(compare=False)


class _Smallest:
    """The so many answers of the lowest ranks, whatever the order in which they come."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[float, str, SampledAnswer]] = []

    def offer(self, answer: SampledAnswer) -> None:
        heapq.heappush(self._heap, (-answer.rank, answer.file, answer))
        if len(self._heap) > self._size:
            heapq.heappop(self._heap)

    def in_order(self) -> list[SampledAnswer]:
        return sorted(answer for _, _, answer in self._heap)


class AnswerSample:
    """Counts all answers and keeps a few, so that a million pictures take no more memory than a thousand.

    The lot is drawn by the name of the file: the same pictures give the same page, in one go or resumed.

    Attributes:
        kinds: number of files of each kind.
        classes: number of pictures by their likeliest class.
        problems: (file, reason) of the first files that could not be read.
    """

    def __init__(self) -> None:
        self.kinds: Counter[Kind] = Counter()
        self.classes: Counter[str] = Counter()
        self.problems: list[tuple[str, str]] = []
        self._random = _Smallest(RANDOM)
        self._least_sure = _Smallest(LEAST_SURE)
        self._by_class: defaultdict[str, _Smallest] = defaultdict(lambda: _Smallest(OF_A_CLASS))

    def add(self, file: str, cells: Mapping[str, str]) -> None:
        """Takes in a row of the table of answers.

        Args:
            file: its name.
            cells: of `rows.answer_cells`, or as a table holds them.
        """
        kind = kind_of_cells(cells)
        self.kinds[kind] += 1
        if kind == "unreadable":
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.append((file, cells["problem"]))
            return
        label_name, probability = cells["label_1"], float(cells["probability_1"])
        self.classes[label_name] += 1
        lot = int.from_bytes(hashlib.sha256(file.encode("utf-8", "surrogateescape")).digest()[:6])
        drawn = SampledAnswer(lot, file, kind, label_name, probability, cells.get("label_2") or "")
        self._random.offer(drawn)
        self._by_class[label_name].offer(drawn)
        self._least_sure.offer(SampledAnswer(probability, file, kind, label_name, probability, drawn.second))

    def add_table(self, path: Path, raw: bool, files: Container[str]) -> None:
        """Takes in what a table of answers holds already.

        Args:
            path: of the table, which `resume.read_done` has looked at.
            raw: whether its names are as they are, without apostrophes before formulas.
            files: names of those that are there still; rows of others are passed over.
        """
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                cells = row if raw else {name: unguard_cell(cell) for name, cell in row.items()}
                if cells["file"] in files:
                    self.add(cells["file"], cells)

    def random(self) -> list[SampledAnswer]:
        """Up to 30 by lot, from all that were read."""
        return self._random.in_order()

    def least_sure(self) -> list[SampledAnswer]:
        """Up to 24 whose likeliest class is the least probable."""
        return self._least_sure.in_order()

    def of_class(self, label_name: str) -> list[SampledAnswer]:
        """Up to 8 by lot, from those with this likeliest class."""
        return self._by_class[label_name].in_order() if label_name in self._by_class else []


def kind_of_cells(cells: Mapping[str, str]) -> Kind:
    """Which kind of row a table holds; see `rows.kind_of`."""
    if cells.get("problem"):
        return "unreadable"
    if cells["decision"] == cells["label_1"]:
        return "answered"
    return "none" if cells["decision"] == NONE_OF_MINE else "unsure"
