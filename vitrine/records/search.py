"""What a search found and what it cost: the content of search.json, which the page shows."""

from typing import Annotated, Literal

from pydantic import Field

from vitrine.records.difference import Difference
from vitrine.records.schema import Count, FileRecord, Record, Share

NUMBERS = "search.json"
DATABASE = "study.db"  # of its trials, unless another one is named


class ParameterRecord(Record):
    """A searched parameter.

    Attributes:
        name: dotted.
        low: smallest value; None of choices.
        high: largest value; None of choices.
        is_log: whether each factor was equally likely.
        labels: the choices, as a recipe writes them; none of ranges.
        words: the range in words.
        before: value of the recipe before the search.
        found: value of the best trial.
        importance: share of the differences between complete trials that it explains; None with too few of them.
    """

    name: str
    low: float | None
    high: float | None
    is_log: bool
    labels: tuple[str, ...]
    words: str
    before: str
    found: str
    importance: Share | None


class TrialRecord(Record):
    """A trial that counts.

    Attributes:
        number: place among them, from 1.
        state: how it ended.
        is_default: whether it is the recipe as it was before the search.
        loss: on the validation pictures, of its best epoch, in nats; None unless complete.
        accuracy: likewise, a share.
        epochs: that were trained.
        seconds: that it took; None where its process died.
        values: by parameter, as the study stores them: numbers, or labels of choices.
        reason: why it failed; empty where it did not.
    """

    number: Annotated[int, Field(ge=1)]
    state: Literal["complete", "pruned", "failed"]
    is_default: bool
    loss: float | None
    accuracy: Share | None
    epochs: Count
    seconds: float | None
    values: dict[str, float | str]
    reason: str


class SearchCost(Record):
    """What the search itself took.

    Attributes:
        trial_seconds: of all trials together, whichever process worked on them.
        complete: trials that were trained to their end.
        pruned: trials that were stopped early.
        failed: trials that gave nothing.
        retried: further trials that died with their process and were tried again.
        final_seconds: of the trainings of the recipe before and of the best one, together.
    """

    trial_seconds: float
    complete: Count
    pruned: Count
    failed: Count
    retried: Count
    final_seconds: float


class SearchResult(FileRecord):
    """A search as a whole.

    Attributes:
        name: of the search.
        recipe: name of the recipe before.
        created: ISO 8601.
        objective: what was made small or large.
        epochs: of a trial.
        final_epochs: of the trainings at the end.
        pruner: which trials were stopped early.
        sampler_seed: of the draws.
        seeds: of the trainings at the end; none where they were left out.
        device: in words.
        pictures: training, validation and test pictures.
        wanted: trials that the search shall have; fewer are there where its time was over.
        best: number of the best trial.
        gain: of the best recipe over the one before, on the test pictures; None where the trainings at the end were
            left out or failed, or where the best trial is the recipe before.
        gain_failure: why the trainings at the end failed; empty where they did not.
        parameters: in the order of the file.
        trials: by number.
        cost: of the search.
    """

    title = "the result of a search"
    remedy = "run python -m vitrine search again, which keeps finished trials"

    name: str
    recipe: str
    created: str
    objective: Literal["validation_loss", "validation_accuracy"]
    epochs: Count
    final_epochs: Count
    pruner: Literal["median", "hyperband", "none"]
    sampler_seed: Count
    seeds: tuple[int, ...]
    device: str
    pictures: tuple[int, int, int]
    wanted: Count
    best: Count
    gain: Difference | None
    gain_failure: str = ""
    parameters: tuple[ParameterRecord, ...]
    trials: tuple[TrialRecord, ...]
    cost: SearchCost

    @property
    def best_trial(self) -> TrialRecord:
        """The trial whose values are the best recipe."""
        return next(trial for trial in self.trials if trial.number == self.best)

    @property
    def default_trial(self) -> TrialRecord | None:
        """The trial of the recipe before, where it was one and is complete."""
        trials = [trial for trial in self.trials if trial.is_default and trial.state == "complete"]
        return trials[0] if trials else None

    @property
    def found_nothing(self) -> bool:
        """Whether the best trial is the recipe before."""
        return all(parameter.before == parameter.found for parameter in self.parameters)

    def figure(self, trial: TrialRecord) -> float | None:
        """The objective of a trial: its loss in nats, or its accuracy."""
        return trial.loss if self.objective == "validation_loss" else trial.accuracy
