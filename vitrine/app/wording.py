"""What the page says, in words that need no statistics, as HTML. Everything that comes from outside is escaped."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from markupsafe import Markup, escape

from vitrine.models.calibration.selective import Answer, Decision, NoneOfThese, Unsure
from vitrine.predict.predictions import Prediction
from vitrine.records.model import ModelMetadata, Trust
from vitrine.records.public import public_backbone
from vitrine.ui.texts import Texts, whole_percent

LABELS_SHOWN = 12  # more labels are folded away: a header of 120 names would push the page out of sight
RUNTIMES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
EXAMPLE = "example"  # in the address of the page: the test picture that a link shows
NAMELESS = ("image.png", "clipboard.png")  # what browsers call a photo from the camera and a pasted picture


def model_name(model_id: str, metadata: ModelMetadata | None) -> str:
    """A name to show: the recorded one, else the Hub id, else the folder's name (never its path on this machine)."""
    if metadata is not None:
        return metadata.name
    folder = Path(model_id)
    return folder.resolve().name if folder.exists() else model_id


def name_with_network(model_id: str, metadata: ModelMetadata | None) -> str:
    """A name that tells two models of one data set apart; arguments as of `model_name`."""
    name = model_name(model_id, metadata)
    return name if metadata is None else f"{name} ({public_backbone(metadata.backbone)})"


def notice(message: str) -> str:
    """A message about a file that could not be used; empty for none."""
    return f'<p class="notice" role="alert">{escape(message)}</p>' if message else ""


def say_decision(decision: Decision, texts: Texts) -> str:
    """A decision in a few words: "Pug", "Unsure: Pug or Boxer", "None of my classes".

    Args:
        decision: of the model.
        texts: of the language.
    """
    if isinstance(decision, Answer):
        return decision.label_name
    if not isinstance(decision, Unsure):
        return texts("app.answer.none_label")
    if decision.second is None:
        return texts("app.answer.unsure_one_label", first=decision.first)
    return texts("app.answer.unsure_label", first=decision.first, second=decision.second)


class Wording:
    """The page's sentences in one language.

    Args:
        texts: of that language.
    """

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.nothing_yet = f"""
        <div class="answer answer-empty">
          <p class="answer-lead">{self._escaped("answer.empty")}</p>
          <p class="answer-hint">{self._escaped("answer.empty_hint")}</p>
        </div>
        """

    def _escaped(self, key: str, **values: object) -> Markup:
        return escape(self.texts(f"app.{key}", **values))

    def section(self, name: str) -> str:
        """Heading and first sentence of a section: "gallery" or "programs"."""
        lead = self.texts.html(f"app.{name}.lead")
        return f'<h2>{self._escaped(f"{name}.heading")}</h2>\n<p class="section-lead">{lead}</p>'

    def help(self, can_correct: bool) -> str:
        """What a visitor can do on the page, folded away.

        Args:
            can_correct: whether the page has the tab for it.
        """
        topics = ("picture", "unsure", "why", "batch", *(["correct"] if can_correct else []), "model", "privacy")
        items = "".join(f"<li>{self.texts.html(f'app.help.{topic}')}</li>" for topic in topics)
        return f'<details class="help"><summary>{self._escaped("help.heading")}</summary><ul>{items}</ul></details>'

    def header(
        self, name: str, label_names: Sequence[str], metadata: ModelMetadata | None, runtime: str = "", switch: str = ""
    ) -> str:
        """What the model is: name, labels, how often it is right, since when.

        Args:
            name: the model's name.
            label_names: what it tells apart.
            metadata: Vitrine's own record; None for a model from elsewhere.
            runtime: that computes its answers; "" where that is not to be said.
            switch: to the other languages, as HTML.
        """
        computed = f" · {self._escaped('header.runtime', runtime=RUNTIMES.get(runtime, runtime))}" if runtime else ""
        return f"""
        <header class="model">
          {switch}
          <p class="kicker">{self._escaped("header.kicker")}{computed}</p>
          <h1>{escape(name)}</h1>
          <p class="lead">{self._escaped("header.lead", count=len(label_names))}</p>
          {self._labels(label_names)}
          {self._record(metadata)}
        </header>
        """

    def _labels(self, label_names: Sequence[str]) -> str:
        items = [f"<li>{escape(name)}</li>" for name in label_names]
        known = self._escaped("header.labels")
        first = f'<ul class="labels" tabindex="0" aria-label="{known}">{"".join(items[:LABELS_SHOWN])}</ul>'
        if len(items) <= LABELS_SHOWN:
            return first
        rest = f'<ul class="labels">{"".join(items[LABELS_SHOWN:])}</ul>'
        more = self._escaped("header.more_labels", count=len(items) - LABELS_SHOWN)
        return f"{first}<details><summary>{more}</summary>{rest}</details>"

    def _record(self, metadata: ModelMetadata | None) -> str:
        if metadata is None:
            return f'<p class="record-missing">{self._escaped("record.elsewhere")}</p>'
        day, learned = self.texts.day(metadata.created), self._pictures(metadata.training_pictures)
        if metadata.test_accuracy is None or not metadata.test_pictures:
            untested = self._escaped("record.untested", day=day, pictures=learned)
            return f'<p class="record-missing">{untested}</p>'
        right = self.texts.number(round(metadata.test_accuracy * metadata.test_pictures))
        tested = self._pictures(metadata.test_pictures)
        share = self._escaped("record.right_note", share=self.percent(metadata.test_accuracy))
        return f"""
        <dl class="record">
          <div class="record-main">
            <dt>{self._escaped("record.right")}</dt>
            <dd>{self.texts.html("app.record.right_value", right=right, pictures=tested)}</dd>
            <dd class="record-note">{share}</dd>
          </div>
          {self._interval(metadata)}
          <div>
            <dt>{self._escaped("record.trained")}</dt>
            <dd><strong>{escape(day)}</strong></dd>
            <dd class="record-note">{self._escaped("record.trained_note", pictures=learned)}</dd>
          </div>
        </dl>
        """

    def _interval(self, metadata: ModelMetadata) -> str:
        if metadata.test_accuracy is None or metadata.test_accuracy_interval is None:
            return ""
        low, high = metadata.test_accuracy_interval
        left, width, point = 100 * low, 100 * (high - low), 100 * metadata.test_accuracy
        lowest, highest = whole_percent(low, high)  # as the report of its training says
        expected = {"low": self.texts.number(lowest), "high": self.texts.number(highest)}
        return f"""
          <div>
            <dt>{self._escaped("record.expected")}</dt>
            <dd>{self.texts.html("app.record.expected_value", **expected)}</dd>
            <dd class="record-note">
              <span class="range" aria-hidden="true">
                <span class="range-band" style="left:{left:.1f}%;width:{width:.1f}%"></span>
                <span class="range-point" style="left:{point:.1f}%"></span>
              </span>
              {self._escaped("record.expected_note")}
            </dd>
          </div>
        """

    def answer(
        self, name: str, prediction: Prediction, top_k: int, trust: Trust | None = None, label_name: str | None = None
    ) -> str:
        """The decision in words, and the `top_k` most likely labels as bars.

        Args:
            name: the picture's name.
            prediction: what the model says.
            top_k: number of bars, at least 1.
            trust: the model's thresholds; None for a model without any.
            label_name: the right answer, where it is known (a test picture).
        """
        picture = self.texts("app.answer.this_picture") if name in NAMELESS else name
        lead, label, kind = self._decision(picture, prediction)
        bars = "".join(self._bar(label, share) for label, share in prediction.ranking[:top_k])
        return f"""
        <div class="answer {kind}">
          <p class="answer-lead">{escape(lead)}</p>
          <p class="answer-label">{escape(label)}</p>
          {self._verdict(prediction, label_name)}
          <ol class="bars" aria-label="{self._escaped("answer.bars")}">{bars}</ol>
          <p class="answer-hint">{escape(self._hint(prediction, trust))}</p>
        </div>
        """

    def side_by_side(self, answers: Sequence[tuple[str, str]]) -> str:
        """Answers of several models to one picture.

        Args:
            answers: name of each model, and what `answer` gave.
        """
        boxes = [f"<section><h3>{escape(name)}</h3>{said}</section>" for name, said in answers]
        return f'<div class="beside">{"".join(boxes)}</div>'

    def link(self, example: str) -> str:
        """A link that opens a test picture again; "" for any other picture.

        Args:
            example: name of the picture.
        """
        address = f"?{urlencode({EXAMPLE: example})}"
        return f'<p class="answer-link"><a href="{address}">{self._escaped("answer.link")}</a></p>' if example else ""

    def _decision(self, picture: str, prediction: Prediction) -> tuple[str, str, str]:
        """Lead, label and class of the box."""
        decision, texts = prediction.decision, self.texts
        label = say_decision(decision, texts)
        if isinstance(decision, Answer):
            return texts("app.answer.given", picture=picture), label, "answer-given"
        if isinstance(decision, Unsure):
            lead = "app.answer.unsure_one" if decision.second is None else "app.answer.unsure"
            return texts(lead, picture=picture), label, "answer-unsure"
        return texts("app.answer.none", picture=picture), label, "answer-none"

    def _hint(self, prediction: Prediction, trust: Trust | None) -> str:
        if trust is None:
            return self.texts("app.hint.always")
        if isinstance(prediction.decision, NoneOfThese):
            return self.texts("app.hint.if_it_had_to")
        precision = self.texts.short_number(100 * trust.precision)
        if trust.confidence_threshold is None:
            return self.texts("app.hint.never", precision=precision)
        rule = self.texts("app.hint.rule" if trust.proven else "app.hint.unproven", precision=precision)
        return f"{rule} {self.texts('app.hint.every_picture')}" if prediction.similarity is None else rule

    def _bar(self, label: str, share: float) -> str:
        return f"""<li><span class="bar-name">{escape(label)}</span>
          <span class="bar-share">{escape(self.certainty(share))}</span>
          <span class="bar" aria-hidden="true"><span style="width:{100 * share:.2f}%"></span></span></li>"""

    def _verdict(self, prediction: Prediction, label_name: str | None) -> str:
        if label_name is None:
            return ""
        decision = prediction.decision
        if isinstance(decision, Unsure):
            is_right = label_name in (decision.first, decision.second)
            right, wrong = ("guessed", "not_guessed") if decision.second is None else ("one_of_two", "neither")
            key = right if is_right else wrong
        else:
            is_right = isinstance(decision, Answer) and decision.label_name == label_name
            key = "right" if is_right else "wrong"
        said = self._escaped(f"verdict.{key}", label=label_name)
        return f'<p class="verdict verdict-{"right" if is_right else "wrong"}">{said}</p>'

    def percent(self, share: float) -> str:
        """A share of counted pictures, in [0, 1], in percent."""
        return self.texts.percent(share, 1)

    def certainty(self, probability: float) -> str:
        """A probability in percent; never 0 % or 100 %, which a network's rounded figure does not mean."""
        if probability < 0.0005:
            return f"< {self.percent(0.001)}"
        if probability > 0.9995:
            return f"> {self.percent(0.999)}"
        return self.percent(probability)

    def _pictures(self, count: int) -> str:
        return self.texts("common.pictures", count=count)
