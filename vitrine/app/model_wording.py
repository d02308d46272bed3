"""What the tab on the model says, as HTML. Everything that comes from outside is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup, escape

import vitrine
from vitrine.app.model_facts import ModelFacts
from vitrine.app.report_route import ADDRESS
from vitrine.app.wording import RUNTIMES
from vitrine.data.manifest.split_names import TRAIN
from vitrine.models.backbones.licenses import PERMISSIVE, SCRATCH, license_of_backbone, license_of_pictures
from vitrine.predict.latency import ANSWERS
from vitrine.records.evidence import ClassFigures
from vitrine.records.model import Trust
from vitrine.records.public import last_name, public_backbone
from vitrine.records.runtime import RuntimeChoice
from vitrine.records.schema import Interval
from vitrine.ui.sentences.measures import measure_rows
from vitrine.ui.sentences.rejection import tell_rejection
from vitrine.ui.sentences.slices import tell_weaker
from vitrine.ui.sentences.verdict import notices
from vitrine.ui.texts import Texts

MOST_CLASSES = 40  # rows; of more classes, the weakest
SHOWN_VERSIONS = ("torch", "transformers")


class ModelWording:
    """The tab's sections in one language.

    Args:
        facts: of the model.
        label_names: of the model.
        examples: files of test pictures, by class; a class may have none.
        runtime: that computes its answers.
        texts: of the page's language.
        choice: what was measured to choose the runtime; None where it was asked for.
    """

    def __init__(
        self,
        facts: ModelFacts,
        label_names: Sequence[str],
        examples: Mapping[str, Path],
        runtime: str,
        texts: Texts,
        choice: RuntimeChoice | None = None,
    ) -> None:
        self.facts = facts
        self.choice = choice
        self.label_names = label_names
        self.examples = examples
        self.runtime = runtime
        self.texts = texts

    def _escaped(self, key: str, **values: object) -> Markup:
        return escape(self.texts(f"model.{key}", **values))

    def sections(self) -> str:
        """All but what is measured while the page runs."""
        parts = [self._figures(), self._limits(), self._classes(), self._terms(), self._making()]
        return "".join(parts)

    def _section(self, name: str, content: str) -> str:
        return f"<h2>{self._escaped(f'{name}.heading')}</h2>\n{content}"

    def _figures(self) -> str:
        metadata, metrics = self.facts.metadata, self.facts.metrics
        link = f'<p><a href="{ADDRESS}" target="_blank" rel="noopener">{self._escaped("report")}</a></p>'
        report = link if self.facts.report else ""
        if metrics is not None:
            lead = self._escaped("figures.lead", pictures=self._pictures(metrics.test.pictures))
            return self._section("figures", f'<p class="section-lead">{lead}</p>{self._measures()}{report}')
        if metadata is None or metadata.test_accuracy is None or metadata.test_accuracy_interval is None:
            return self._section("figures", f"<p>{self._escaped('figures.unknown')}</p>")
        said = self._escaped(
            "figures.brief",
            share=self.texts.percent(metadata.test_accuracy, 1),
            pictures=self._pictures(metadata.test_pictures),
            interval=self.texts.interval(*metadata.test_accuracy_interval),
        )
        return self._section("figures", f"<p>{said}</p>")

    def _measures(self) -> str:
        if self.facts.metrics is None:
            return ""
        heads = [self.texts(f"measures.{name}") for name in ("measure", "value", "interval")]
        rows = measure_rows(self.facts.metrics.test, self.texts)
        cells = [
            (Markup("{} <small>{}</small>").format(row.name, row.meaning), escape(row.value), escape(row.interval))
            for row in rows
        ]
        return _table(self.texts("measures.label"), heads, cells)

    def _limits(self) -> str:
        data = self.facts.data
        lines = [self.texts("model.limits.for_unknown")]
        if data is not None:
            lines = [self.texts("model.limits.for", source=last_name(data.source))]
        lines.append(self.texts("model.limits.against"))
        metrics = self.facts.metrics
        if metrics is not None:
            lines += [notice.text for notice in notices(metrics, self.texts)]
            lines += tell_weaker(metrics.mistakes.slices or (), self.texts) if metrics.mistakes else []
        if metrics is not None and metrics.rejection is not None:
            lines += tell_rejection(metrics.rejection, self.texts)
        else:
            lines += self._thresholds(self.facts.metadata.trust if self.facts.metadata else None)
        return self._section("limits", _list(lines))

    def _thresholds(self, trust: Trust | None) -> list[str]:
        if trust is None:
            return [self.texts("model.limits.always")]
        precision = f"{self.texts.short_number(100 * trust.precision)} %"
        if trust.confidence_threshold is None:
            return [self.texts("model.limits.never", precision=precision)]
        threshold = self.texts.percent(trust.confidence_threshold, 1)
        lines = [self.texts("model.limits.threshold", threshold=threshold, precision=precision)]
        if trust.similarity_threshold is None:
            return [*lines, self.texts("model.limits.no_similarity")]
        similarity = self.texts.number(trust.similarity_threshold, 3)
        return [*lines, self.texts("model.limits.similarity", threshold=similarity)]

    def _classes(self) -> str:
        rows = list(self.facts.metrics.test.per_class) if self.facts.metrics else []
        if not rows:
            cells = [{"example": self._example(name), "name": escape(name)} for name in self.label_names]
            return self._section("classes", self._class_table(cells))
        lead = ""
        if len(rows) > MOST_CLASSES:
            rows = sorted(rows, key=lambda row: (row.recall, -row.pictures, row.label_name))[:MOST_CLASSES]
            counts = {"number": self.texts.number(len(self.label_names)), "shown": self.texts.number(MOST_CLASSES)}
            lead = f'<p class="section-lead">{self._escaped("classes.weakest", **counts)}</p>'
        return self._section("classes", lead + self._class_table([self._class_cells(row) for row in rows]))

    def _class_table(self, rows: Sequence[Mapping[str, Markup]]) -> str:
        heads = [self.texts(f"model.classes.{name}") for name in rows[0]]
        return _table(self.texts("model.classes.label"), heads, [list(row.values()) for row in rows])

    def _class_cells(self, row: ClassFigures) -> dict[str, Markup]:
        cells = {"example": self._example(row.label_name), "name": escape(row.label_name)}
        if self.facts.data is not None:
            learned = self.facts.data.counts.get(TRAIN, {}).get(row.label_name, 0)
            cells["training"] = escape(self.texts.number(learned))
        return cells | {
            "test": escape(self.texts.number(row.pictures)),
            "recall": self._share(row.recall, row.recall_interval),
            "precision": self._share(row.precision, row.precision_interval),
        }

    def _share(self, share: float, ends: Interval | None) -> Markup:
        if ends is None:
            return self._escaped("classes.not_measured")
        return Markup("{} <small>{}</small>").format(self.texts.percent(share), self.texts.span(*ends))

    def _example(self, label_name: str) -> Markup:
        path = self.examples.get(label_name)
        if path is None:
            return Markup("")
        return Markup('<img src="gradio_api/file={}" alt="{}" loading="lazy">').format(quote(str(path)), label_name)

    def _terms(self) -> str:
        metadata = self.facts.metadata
        if metadata is None:
            return ""
        lines = self._tell_weights(metadata.backbone, metadata.recipe)
        source = str((metadata.recipe.get("data") or {}).get("source") or "")
        if self.facts.data is not None or source:
            source = last_name(self.facts.data.source if self.facts.data else source)
            known = license_of_pictures(source) or self.texts("model.terms.unstated")
            lines.append(self.texts("model.terms.pictures", source=source, license=known))
        return self._section("terms", _list(lines))

    def _tell_weights(self, backbone: str, recipe: Mapping[str, dict[str, object]]) -> list[str]:
        try:
            license_id = license_of_backbone(backbone)
        except ImportError:  # a machine that only answers has not all libraries that know
            license_id = None
        if license_id == SCRATCH or not recipe.get("model", {}).get("pretrained", True):
            return [self.texts("model.terms.scratch")]
        stated = license_id or self.texts("model.terms.unstated")
        lines = [self.texts("model.terms.weights", weights=public_backbone(backbone), license=stated)]
        is_binding = license_id is not None and license_id not in PERMISSIVE
        return [*lines, self.texts("model.terms.binding")] if is_binding else lines

    def _making(self) -> str:
        metadata, environment, data = self.facts.metadata, self.facts.environment, self.facts.data
        rows: list[tuple[str, str]] = []
        if metadata is not None:
            trained = {"day": self.texts.day(metadata.created), "pictures": self._pictures(metadata.training_pictures)}
            rows += [
                ("network", public_backbone(metadata.backbone)),
                ("image_size", self.texts("model.making.pixels", side=metadata.image_size)),
                ("trained", self.texts("model.making.trained_value", **trained)),
                ("made_with", _name_versions(metadata.vitrine_version, environment.versions if environment else {})),
            ]
        if environment is not None:
            rows.append(("device", environment.device))
        if data is not None:
            rows.append(("data", self.texts("model.making.data_value", name=data.name, version=data.version[:12])))
        rows.append(("engine", f"Vitrine {vitrine.__version__}, {_name_runtime(self.runtime)}"))
        if self.choice is not None:
            rows.append(("choice", self._tell_choice(self.choice)))
        items = "".join(f"<dt>{self._escaped(f'making.{name}')}</dt><dd>{escape(value)}</dd>" for name, value in rows)
        return self._section("making", f'<dl class="facts">{items}</dl>')

    def _tell_choice(self, choice: RuntimeChoice) -> str:
        """Why others are left out is not for visitors: it names places of this machine."""
        times = [
            f"{RUNTIMES[runtime]} {self.texts.number(1000 * seconds, 1)} ms"
            for runtime, seconds in choice.seconds.items()
        ]
        said = [self.texts("model.making.choice_value", times=", ".join(times))]
        if choice.left_out:
            names = ", ".join(RUNTIMES[runtime] for runtime in choice.left_out)
            said.append(self.texts("model.making.choice_left_out", names=names))
        return "; ".join(said)

    def latency(self, seconds: float | None) -> str:
        """How long an answer takes, or that it will be measured.

        Args:
            seconds: of one answer; None before it is measured.
        """
        said = self._escaped("making.latency_later")
        if seconds is not None:
            milliseconds = self.texts.number(1000 * seconds, 1)
            said = self._escaped("making.latency_value", milliseconds=milliseconds, count=ANSWERS)
        return f'<dl class="facts"><dt>{self._escaped("making.latency")}</dt><dd>{said}</dd></dl>'

    def _pictures(self, count: int) -> str:
        return self.texts("common.pictures", count=count)


def _name_versions(vitrine_version: str, versions: Mapping[str, str]) -> str:
    named = [f"{name} {versions[name]}" for name in SHOWN_VERSIONS if name in versions]
    return ", ".join([f"Vitrine {vitrine_version}", *named])


def _name_runtime(runtime: str) -> str:
    name = RUNTIMES.get(runtime, runtime)
    try:
        return f"{name} {version(runtime)}"
    except PackageNotFoundError:
        return name


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(label: str, heads: Sequence[str], rows: Iterable[Sequence[Markup]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scrolled" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="facts-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
