"""What the gate found, in the reader's language; the command line prints the same sentences."""

from collections.abc import Callable
from dataclasses import dataclass

from vitrine.records.difference import Verdict
from vitrine.records.gate import GateCheck, GateFindings, GateReport, Learned, NewClass
from vitrine.ui.texts import Texts

MINUS = "\N{MINUS SIGN}"
MOST_NAMED = 3  # questions that the sentence on top names


@dataclass(frozen=True)
class Row:
    """A question to both models, as the table shows it.

    Attributes:
        what: the figure, with the class where there is one.
        loss: bounds of how much worse it may be.
        outcome: in words.
        mark: names the colour.
    """

    what: str
    pictures: str
    before: str
    now: str
    loss: str
    margin: str
    outcome: str
    mark: str


def claim(report: GateReport, texts: Texts) -> str:
    """The verdict in a sentence."""
    if report.became is not None:
        return texts("gate.accepted", number=report.became)
    return texts(f"gate.{report.findings.verdict}", number=report.revision)


def explain(findings: GateFindings, texts: Texts) -> str:
    """Why the gate says so: the questions that decided, or what was shown."""
    if findings.verdict == "accepted":
        return f"{texts('gate.why.accepted')} {compare(findings, texts)}"
    wanted = "broken" if findings.verdict == "refused" else "open"
    decisive = [check for check in findings.checks if check.outcome == wanted]
    decisive.sort(key=lambda check: -(check.worse_by or 0) / check.margin)
    named = [name_check(check, texts) for check in decisive[:MOST_NAMED]]
    if len(decisive) > MOST_NAMED:
        named = [", ".join(named), texts("common.more", count=len(decisive) - MOST_NAMED)]
    sentence = texts(f"gate.why.{findings.verdict}", named=texts.join(named))
    return f"{sentence} {_say_enough(decisive, texts)}".strip() if wanted == "open" else sentence


def compare(findings: GateFindings, texts: Texts) -> str:
    """Whether the retrained model is better: an unchanged copy never is."""
    if findings.unchanged:
        return texts("gate.gain.unchanged")
    if findings.difference is None:
        return ""
    found = findings.difference
    values = {
        "points": signed(found.points, texts, 1),
        "low": signed(found.interval[0], texts, 1),
        "high": signed(found.interval[1], texts, 1),
    }
    key = {Verdict.BETTER: "better", Verdict.WORSE: "worse", Verdict.NOT_SHOWN: "not_shown"}[found.verdict]
    return texts(f"gate.gain.{key}", **values)


def _say_enough(checks: list[GateCheck], texts: Texts) -> str:
    """How many pictures would do, for the question that needs most; "" where no number helps."""
    helped = [check for check in checks if check.enough is not None]
    if not helped:
        return texts("gate.enough.none")
    most = max(helped, key=lambda check: (check.enough or 0) / max(check.pictures, 1))
    name = name_check(most, texts)
    return texts("gate.enough.some", named=name, enough=texts.number(most.enough or 0), count=most.pictures)


def name_check(check: GateCheck, texts: Texts) -> str:
    """What is asked, in a few words."""
    return texts(f"gate.figures.{check.figure}", name=texts("common.quoted", name=check.label_name))


def describe_check(check: GateCheck, texts: Texts) -> Row:
    """The row of a table."""
    write = _writer(check.figure, texts)
    return Row(
        what=name_check(check, texts),
        pictures=texts.number(check.pictures),
        before="" if check.current is None else write(check.current),
        now="" if check.candidate is None else write(check.candidate),
        loss=_say_loss(check, texts),
        margin=_say_margin(check, texts),
        outcome=_say_outcome(check, texts),
        mark=check.outcome,
    )


def _writer(figure: str, texts: Texts) -> Callable[[float], str]:
    if figure == "latency":
        return lambda value: texts("gate.milliseconds", number=texts.number(value, 1))
    if figure == "memory":
        return lambda value: texts.size(round(value))
    if figure == "probabilities":
        return lambda value: texts.number(value, 3)
    return lambda value: texts.percent(value, 1)


def _say_loss(check: GateCheck, texts: Texts) -> str:
    if check.worse_by is None:
        return ""
    if check.at_least is None or check.at_most is None:
        return texts("gate.times", factor=texts.number(check.worse_by, 2))
    scale, digits = (1, 3) if check.figure == "probabilities" else (100, 1)
    low, high = (signed(scale * bound, texts, digits) for bound in (check.at_least, check.at_most))
    return texts("common.interval", low=low, high=high)


def _say_margin(check: GateCheck, texts: Texts) -> str:
    if check.figure in ("latency", "memory"):
        return texts("gate.times", factor=texts.number(check.margin, 2))
    return texts.number(check.margin, 3) if check.figure == "probabilities" else texts.number(100 * check.margin, 1)


def _say_outcome(check: GateCheck, texts: Texts) -> str:
    words = texts(f"gate.outcomes.{check.outcome}")
    if check.outcome != "open":
        return words
    if check.enough is None:
        return f"{words} {texts('gate.outcomes.no_number')}"
    return f"{words} {texts('gate.outcomes.enough', number=texts.number(check.enough))}"


def signed(value: float, texts: Texts, digits: int) -> str:
    """A number with its sign, but for what rounds to 0."""
    number = texts.number(abs(value), digits)
    if not any(digit in number for digit in "123456789"):
        return number
    return f"{'+' if value > 0 else MINUS}{number}"


def say_learned(learned: Learned, texts: Texts) -> list[str]:
    """What the retraining learned, a sentence each."""
    said = [texts(f"gate.classes.{change.kind}", before=change.before, now=change.now) for change in learned.classes]
    if learned.relabeled:
        said.append(texts("gate.learned.relabeled", count=learned.relabeled))
    if learned.removed:
        said.append(texts("gate.learned.removed", count=learned.removed))
    said += [texts("gate.learned.added", count=count, name=name) for name, count in learned.added.items()]
    if learned.elsewhere:
        said.append(texts("gate.learned.elsewhere", count=learned.elsewhere))
    before, now = learned.training_pictures
    said.append(texts("gate.learned.training", before=texts.number(before), count=now))
    return said


def say_new_class(new: NewClass, texts: Texts) -> str:
    """How many pictures of a class that the model in use does not know are named rightly."""
    return texts("gate.new_class", name=new.label_name, right=texts.number(new.right), count=new.pictures)
