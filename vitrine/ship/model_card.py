"""The card of a model: what it is for, how good it is, how it was made, how it is used, from what its run measured."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from yaml import YAMLError

from vitrine.config.data import HUB_PREFIX
from vitrine.data.manifest.split_names import TEST
from vitrine.models.backbones.licenses import SCRATCH, license_of_backbone, license_of_pictures, tell_binding
from vitrine.records.atomic import write_text
from vitrine.records.folder import MODEL
from vitrine.records.model import Example
from vitrine.records.prepared import CARD
from vitrine.records.public import HUB_ID
from vitrine.reports.shared.calibration import tell_calibration
from vitrine.ship.card_sections import (
    show_classes,
    show_measures,
    show_recipe,
    show_wrong_answers,
    tell_limits,
    tell_pairs,
    tell_speed,
)
from vitrine.ship.licenses import UNKNOWN, choose_license, state_license
from vitrine.ship.markdown import render_markdown
from vitrine.ship.run_evidence import RunEvidence, read_evidence
from vitrine.ui.sentences.rejection import tell_rejection
from vitrine.ui.sentences.verdict import verdict
from vitrine.ui.texts import load_texts, plain_spaces

FOLDER_ITSELF = "."  # by which the card in the model folder calls the model
TASK = "image-classification"
# Dataset of the model index where the pictures are of no repository: the Hub's name for a folder of pictures.
PICTURE_FOLDER = "imagefolder"


@dataclass(frozen=True)
class Terms:
    """What people decide about a published model.

    Attributes:
        repo_id: where it is published; None for the card in the model folder itself.
        license: of the model, by the ids of the Hub.
        backbone_license: of the weights that it started from.
        data_license: of its pictures.
        examples: pictures that go along.
    """

    repo_id: str | None
    license: str
    backbone_license: str
    data_license: str
    examples: tuple[Example, ...]


def write_model_card(run_folder: Path) -> None:
    """Writes README.md into the model folder of a run.

    Raises:
        UserError: a record of the run is missing or damaged.
    """
    evidence = read_evidence(run_folder)
    backbone = license_of_backbone(evidence.metrics.training.backbone) or UNKNOWN
    terms = Terms(
        repo_id=None,
        license=choose_license(None, backbone),
        backbone_license=backbone,
        data_license=license_of_pictures(evidence.data.source) or UNKNOWN,
        examples=tuple(evidence.metadata.examples),
    )
    write_text(run_folder / MODEL / CARD, render_model_card(evidence, terms))


def render_model_card(evidence: RunEvidence, terms: Terms) -> str:
    """The whole README.md with its YAML head.

    Args:
        evidence: what the run measured.
        terms: what people decided about the model.
    """
    texts = load_texts("en")
    metrics, metadata = evidence.metrics, evidence.metadata
    claim, basis = verdict(metrics.test, texts)
    body = render_markdown(
        "model_card.md.jinja",
        name=metadata.name,
        claim=f"{claim} {basis}",
        source=evidence.data.source,
        limits=tell_limits(evidence, texts),
        classes=show_classes(evidence, terms.examples, texts),
        class_count=len(metadata.label_names),
        has_examples=bool(terms.examples),
        measures=show_measures(metrics.test, texts),
        test_pictures=metrics.test.pictures,
        calibration=tell_calibration(metrics.calibration, texts) if metrics.calibration else [],
        decisions=tell_rejection(metrics.rejection, texts) if metrics.rejection else [],
        wrong=show_wrong_answers(evidence, terms.repo_id is None or bool(terms.examples), texts),
        pairs=tell_pairs(evidence, texts),
        speed=tell_speed(evidence, texts),
        data=evidence.data,
        splits=[(split, sum(counts.values())) for split, counts in evidence.data.counts.items()],
        recipe=show_recipe(evidence, texts),
        licenses=_tell_licenses(evidence, terms),
        model=terms.repo_id or FOLDER_ITSELF,
        is_published=terms.repo_id is not None,
        own_code=evidence.own_code,
        top_k=min(5, len(metadata.label_names)),
        vitrine_version=metadata.vitrine_version,
    )
    return f"---\n{_head(evidence, terms).to_yaml()}\n---\n\n{plain_spaces(body)}\n"


def check_model_card(card: str) -> None:
    """Reads the head as the Hub does, as far as that can be done without it.

    Raises:
        ValueError: the Hub would not take it.
    """
    try:
        data: Any = ModelCard(card).data
    except YAMLError as error:  # a number of NumPy, say, is written as a Python object
        raise ValueError("the head of the card holds more than plain values") from error
    results = data.eval_results or []
    if not results or not all(isinstance(one.metric_value, float) and isfinite(one.metric_value) for one in results):
        raise ValueError("a figure of the model index is not a plain number")


def _head(evidence: RunEvidence, terms: Terms) -> ModelCardData:
    test, source = evidence.metrics.test, evidence.data.source
    backbone = _hub_backbone(evidence)
    hub_set = source.removeprefix(HUB_PREFIX) if source.startswith(HUB_PREFIX) else None
    figures = [
        ("accuracy", "Accuracy", test.accuracy),
        ("f1", "Macro F1", test.macro_f1),
        ("precision", "Macro precision", test.macro_precision),
        ("recall", "Macro recall", test.macro_recall),
    ]
    stated = state_license(terms.license)
    return ModelCardData(
        license=stated["license"],
        license_name=stated.get("license_name"),
        library_name="transformers",
        pipeline_tag=TASK,
        tags=["vitrine"],
        base_model=backbone,
        datasets=[hub_set] if hub_set else None,
        model_name=evidence.metadata.name,
        eval_results=[
            EvalResult(
                TASK,
                hub_set or PICTURE_FOLDER,
                evidence.data.name,
                kind,
                float(value),  # a number of NumPy would be written as a Python object, which no reader takes
                dataset_split=TEST,
                metric_name=name,
            )
            for kind, name, value in figures
        ],
    )


def _hub_backbone(evidence: RunEvidence) -> str | None:
    """The id on the Hub of the weights that it started from; None where there is none."""
    if not evidence.is_pretrained:
        return None
    weights = evidence.weights
    return weights if HUB_ID.fullmatch(weights) else None


def _tell_licenses(evidence: RunEvidence, terms: Terms) -> list[str]:
    def name(license_id: str) -> str:
        return "nobody stated one" if license_id == UNKNOWN else license_id

    weights = ["It started from random weights."]
    if terms.backbone_license != SCRATCH and evidence.is_pretrained:
        weights = [f"Weights that it started from ({evidence.weights}): {name(terms.backbone_license)}."]
        binding = None if terms.backbone_license == UNKNOWN else tell_binding(evidence.weights, terms.backbone_license)
        weights += [f"Mind that {binding}."] if binding else []
    return [
        f"This model: {name(terms.license)}.",
        *weights,
        f"Pictures ({evidence.data.source}): {name(terms.data_license)}.",
    ]
