"""What the page says, in words that need no statistics, as HTML. Everything that comes from outside is escaped."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.predict.predictions import Prediction
from vitrine.records.model import ModelMetadata, Trust

LABELS_SHOWN = 12  # more labels are folded away: a header of 120 names would push the page out of sight
NAMELESS = ("image.png", "clipboard.png")  # what browsers call a photo from the camera and a pasted picture
NOTHING_YET = """
<div class="answer answer-empty">
  <p class="answer-lead">No picture yet</p>
  <p class="answer-hint">Choose one, take one with the camera or paste one. The answer appears here.</p>
</div>
"""

GALLERY_HEADING = """
<h2>Test pictures</h2>
<p class="section-lead">None of them was used for training. Click one to see what the model says.</p>
"""
PROGRAMS_HEADING = """
<h2>Ask from a program</h2>
<p class="section-lead">The same answers, for scripts: the address <code>/predict</code> takes a picture and
<code>top_k</code>, the number of answers wanted; <code>/decide</code> says besides whether it is sure.</p>
"""


def model_name(model_id: str, metadata: ModelMetadata | None) -> str:
    """A name to show: the recorded one, else the Hub id, else the folder's name (never its path on this machine)."""
    if metadata is not None:
        return metadata.name
    folder = Path(model_id)
    return folder.resolve().name if folder.exists() else model_id


def header(name: str, label_names: Sequence[str], metadata: ModelMetadata | None) -> str:
    """What the model is: name, labels, how often it is right, since when.

    Args:
        name: the model's name.
        label_names: what it tells apart.
        metadata: Vitrine's own record; None for a model from elsewhere.
    """
    count = len(label_names)
    kinds = "1 kind" if count == 1 else f"{count:,} kinds"
    return f"""
    <header class="model">
      <p class="kicker">Picture classifier</p>
      <h1>{escape(name)}</h1>
      <p class="lead">Show it a picture, and it says which of {kinds} it looks most like.</p>
      {_labels(label_names)}
      {_record(metadata)}
    </header>
    """


def _labels(label_names: Sequence[str]) -> str:
    items = [f"<li>{escape(name)}</li>" for name in label_names]
    first = f'<ul class="labels" aria-label="The kinds it knows">{"".join(items[:LABELS_SHOWN])}</ul>'
    if len(items) <= LABELS_SHOWN:
        return first
    rest = f'<ul class="labels">{"".join(items[LABELS_SHOWN:])}</ul>'
    return f"{first}<details><summary>and {len(items) - LABELS_SHOWN} more</summary>{rest}</details>"


def _record(metadata: ModelMetadata | None) -> str:
    if metadata is None:
        return """<p class="record-missing">This model was not made with Vitrine: how it was tested is not
        recorded here. Ask whoever made it.</p>"""
    if metadata.test_accuracy is None or not metadata.test_pictures:
        return f"""<p class="record-missing">This model, trained on {_day(metadata.created)} with
        {_pictures(metadata.training_pictures)}, has not been tested: nobody knows how often it is right.</p>"""
    right = round(metadata.test_accuracy * metadata.test_pictures)
    return f"""
    <dl class="record">
      <div class="record-main">
        <dt>Right in the test</dt>
        <dd><strong>{right:,}</strong> of {_pictures(metadata.test_pictures)}</dd>
        <dd class="record-note">{percent(metadata.test_accuracy)} of pictures it had never seen</dd>
      </div>
      {_interval(metadata)}
      <div>
        <dt>Trained</dt>
        <dd><strong>{_day(metadata.created)}</strong></dd>
        <dd class="record-note">with {_pictures(metadata.training_pictures)}</dd>
      </div>
    </dl>
    """


def _interval(metadata: ModelMetadata) -> str:
    if metadata.test_accuracy is None or metadata.test_accuracy_interval is None:
        return ""
    low, high = metadata.test_accuracy_interval
    left, width, point = 100 * low, 100 * (high - low), 100 * metadata.test_accuracy
    return f"""
      <div>
        <dt>To be expected</dt>
        <dd><strong>{100 * low:.0f} to {100 * high:.0f}</strong> of 100 pictures right</dd>
        <dd class="record-note">
          <span class="range" aria-hidden="true">
            <span class="range-band" style="left:{left:.1f}%;width:{width:.1f}%"></span>
            <span class="range-point" style="left:{point:.1f}%"></span>
          </span>
          95 % interval: what a test of this size can tell, for pictures like those of the test
        </dd>
      </div>
    """


def answer(
    name: str, prediction: Prediction, top_k: int, trust: Trust | None = None, label_name: str | None = None
) -> str:
    """The decision in words, and the `top_k` most likely labels as bars.

    Args:
        name: the picture's name.
        prediction: what the model says.
        top_k: number of bars, at least 1.
        trust: the model's thresholds; None for a model without any.
        label_name: the right answer, where it is known (a test picture).
    """
    picture = "This picture" if name in NAMELESS else name
    lead, label, kind = _decision(picture, prediction)
    bars = "".join(_bar(label, share) for label, share in prediction.ranking[:top_k])
    return f"""
    <div class="answer {kind}">
      <p class="answer-lead">{escape(lead)}</p>
      <p class="answer-label">{escape(label)}</p>
      {_verdict(prediction, label_name)}
      <ol class="bars" aria-label="Most likely first">{bars}</ol>
      <p class="answer-hint">{_hint(prediction, trust)}</p>
    </div>
    """


def _decision(picture: str, prediction: Prediction) -> tuple[str, str, str]:
    """Lead, label and class of the box."""
    decision = prediction.decision
    if isinstance(decision, Answer):
        return f"{picture} looks most like", decision.label_name, "answer-given"
    if isinstance(decision, Unsure):
        return f"{picture} could be either of two", f"Unsure: {decision.first} or {decision.second}", "answer-unsure"
    return f"{picture} is like nothing it learned from", "None of my classes", "answer-none"


def _hint(prediction: Prediction, trust: Trust | None) -> str:
    if trust is None:
        return "It always chooses among the kinds it knows, even for a picture that shows none of them."
    if isinstance(prediction.decision, NoneOfThese):
        return "The bars show what it would choose if it had to."
    if trust.confidence_threshold is None:
        return f"""It never answers straight: its own check could not show that {_of_hundred(trust)} answers would be
        right. The report of its training says why."""
    rule = (
        f"It answers where at least {_of_hundred(trust)} such answers should be right; else it says that it is unsure."
    )
    if prediction.similarity is None:
        return f"{rule} It chooses among the kinds it knows even for a picture that shows none of them."
    return rule


def _of_hundred(trust: Trust) -> str:
    return f"{100 * trust.precision:g} of 100"


def _bar(label: str, share: float) -> str:
    return f"""<li><span class="bar-name">{escape(label)}</span><span class="bar-share">{certainty(share)}</span>
      <span class="bar" aria-hidden="true"><span style="width:{100 * share:.2f}%"></span></span></li>"""


def _verdict(prediction: Prediction, label_name: str | None) -> str:
    if label_name is None:
        return ""
    labeled = f"the test picture is labelled {escape(label_name)}."
    decision = prediction.decision
    if isinstance(decision, Unsure):
        if label_name in (decision.first, decision.second):
            return f'<p class="verdict verdict-right">✓ One of the two: {labeled}</p>'
        return f'<p class="verdict verdict-wrong">✗ Neither of them: {labeled}</p>'
    if isinstance(decision, Answer) and decision.label_name == label_name:
        return '<p class="verdict verdict-right">✓ Right: the test picture bears the same label.</p>'
    return f'<p class="verdict verdict-wrong">✗ Wrong: {labeled}</p>'


def notice(message: str) -> str:
    """A message about a file that could not be used; empty for none."""
    return f'<p class="notice" role="alert">{escape(message)}</p>' if message else ""


def percent(share: float) -> str:
    """A share of counted pictures, in [0, 1], in percent."""
    return f"{100 * share:.1f} %"


def certainty(probability: float) -> str:
    """A probability in percent; never 0 % or 100 %, which a network's rounded figure does not mean."""
    if probability < 0.0005:
        return "&lt; 0.1 %"
    if probability > 0.9995:
        return "&gt; 99.9 %"
    return percent(probability)


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _day(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y}"
