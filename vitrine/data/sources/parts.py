"""Whether parts of a data set are missing that the names of the others tell of (`train-00000-of-00003.parquet`)."""

import re
from collections import defaultdict
from pathlib import Path

from vitrine.data.sources.files import walk_files
from vitrine.data.sources.hidden import is_hidden

PART = re.compile(r"(?P<before>.*?)-(?P<number>\d+)-of-(?P<all>\d+)(?P<after>\.[a-z]+)")


def name_missing_parts(folder: Path) -> list[str]:
    """A sentence for each series of files of which some are not there.

    Args:
        folder: of Parquet files or tar shards.
    """
    series: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
    for file in walk_files(folder):
        if not is_hidden(file) and (found := PART.fullmatch(file)):
            series[found["before"], found["all"], found["after"]].add(int(found["number"]))
    notes = []
    for (before, count, after), there in sorted(series.items()):
        lost = next((number for number in range(int(count)) if number not in there), None)
        if lost is not None:
            file = f"{before}-{lost:0{len(count)}}-of-{count}{after}"
            notes.append(
                f"Of {int(count)} files, by their names, {len(there)} are there; '{file}' is the first that is not."
            )
    return notes
