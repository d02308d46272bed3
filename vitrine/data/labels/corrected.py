"""What a table of corrections did to a data set, for its report."""

from dataclasses import dataclass

from vitrine.records.findings import Finding


@dataclass(frozen=True)
class Corrected:
    """What was done.

    Attributes:
        relabeled: positions in the manifest, with the labels from before.
        removed: positions in the manifest.
        sentences: the same in words; with what was not needed any more.
    """

    relabeled: dict[int, str]
    removed: tuple[int, ...]
    sentences: tuple[str, ...]

    @property
    def findings(self) -> list[Finding]:
        """For the report of the data."""
        rows = tuple(sorted(self.relabeled))
        found = [
            Finding(
                name="relabelled",
                title="Labels corrected by hand",
                count=len(rows),
                noun="picture",
                rows=rows,
                done="Used under their new labels.",
                advice="The source still has the old ones; data.corrections names the file with the new ones.",
                remarks=tuple(f"was '{self.relabeled[row]}'" for row in rows),
            ),
            Finding(
                name="removed",
                title="Pictures removed by hand",
                count=len(self.removed),
                noun="picture",
                rows=self.removed,
                done="Left out.",
                advice="They are still where they were; take their rows out of data.corrections to use them again.",
            ),
        ]
        return [finding for finding in found if finding.count]


NOTHING = Corrected({}, (), ())


def say_corrected(table: str, relabeled: int, removed: int, copies: int, needless: int, passed_over: int) -> str:
    """The same in a sentence.

    Args:
        table: its name.
        relabeled: pictures with another label.
        removed: pictures that are left out.
        copies: how many of both are exact copies of pictures that have a row.
        needless: rows that say what is so already.
        passed_over: rows of a store about what is not in this data set.
    """
    said = f"{table}: {relabeled:,} labels corrected" if relabeled != 1 else f"{table}: 1 label corrected"
    said += " and 1 picture removed" if removed == 1 else f" and {removed:,} pictures removed"
    if copies:
        said += f", {copies:,} of them as exact {'copy' if copies == 1 else 'copies'} of others"
    if needless:
        said += f"; {needless:,} more {'row was' if needless == 1 else 'rows were'} no longer needed"
    if passed_over:
        said += f"; {passed_over:,} {'row was' if passed_over == 1 else 'rows were'} passed over, not of this data set"
    return f"{said}."
