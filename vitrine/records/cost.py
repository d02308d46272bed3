"""What a run of a comparison cost; `experiments.compare.cost.Meter` counts it."""

from types import MappingProxyType

from vitrine.records.schema import FileRecord


class Cost(FileRecord):
    """Seconds of a run over all its attempts.

    Attributes:
        identity: of the run; see `experiments.compare.plan.identify_run`.
        variant: its name in the comparison.
        seed: of the run.
        fold: of the run; None without k-fold.
        seconds: from the opened data set to the evaluated model, what others spent for it included.
        cpu_seconds: of the processor, over all cores, likewise.
        reused_seconds: seconds of these that another run spent on features that this one used.
        reused_cpu_seconds: likewise.
        silent_starts: attempts that began since the last sign of life.
    """

    renamed_fields = MappingProxyType({"lent_seconds": "reused_seconds", "lent_cpu_seconds": "reused_cpu_seconds"})

    title = "what a run of a comparison cost"
    remedy = "remove the folder of the run to train it again"

    identity: str
    variant: str
    seed: int
    fold: int | None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    reused_seconds: float = 0.0
    reused_cpu_seconds: float = 0.0
    silent_starts: int = 0
