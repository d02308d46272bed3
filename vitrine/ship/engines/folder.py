"""Writes a model for an engine: once that engine was seen to answer as the model does, with all that its user needs."""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.predict.predictor import Predictor
from vitrine.records.atomic import check_replaceable, new_folder
from vitrine.records.model import Agreement
from vitrine.ship.agreement import EXACT, check_agreement, compare, gather, list_test_pictures, read_pixels
from vitrine.ship.engines.engine import Engine, build_network
from vitrine.ship.export import describe, load_to_export, measure_golden, measure_side
from vitrine.ship.golden_pictures import TOLERANCE, write_golden

FACTS = "model.json"
GOLDEN = "golden"
CARD = "README.md"
TEXT = """\
# {name}, for {engine}

`{file}` takes `pixel_values`, float32 `[1, 3, {side}, {side}]`, and gives, in this order: {outputs}. The softmax of
`logits` is calibrated; `familiarity` says how like the training pictures a picture is.

`model.json` holds the labels in their order, how a picture becomes pixels (`processor`: resizing, bicubic with
antialias, mean and deviation), when the model calls itself unsure and when a picture is of no class (`trust`), and
how alike {engine} answers: the same first answer to {same:,} of {pictures:,} test pictures, probabilities off by
{gap:.1e} at most ({library} {version}).

`golden/` holds pictures and, in `answers.json`, what must come out for them, up to the tolerance there. Ask your app
about them first: most differences come from how a picture is decoded and resized.
"""


def export_folder(
    model_id: str, folder: Path, engine: Engine, prepared: PreparedDataset, say: Callable[[str], None]
) -> Agreement:
    """Writes the folder; an earlier one makes way when the new one is whole.

    Args:
        model_id: model folder, or id on the Hugging Face Hub.
        folder: to make.
        engine: that shall compute it.
        prepared: the data set that the model was trained on.
        say: is told what is done, since it takes a minute or more.

    Returns:
        How alike the engine answers on the test pictures.

    Raises:
        UserError: the engine is not installed, cannot compute the model or answers differently; the data set is
            another one; the folder holds something else.
    """
    check_replaceable(folder, [FACTS], "a model for an engine")
    predictor = load_to_export(model_id)
    pictures = list_test_pictures(predictor, prepared)
    side = measure_side(predictor)
    names = build_network(predictor, side)[0].output_names
    with new_folder(folder, replace=True) as made:
        say(f"writing {engine.file} for {engine.name}")
        engine.write(predictor, side, made / engine.file)
        say(f"asking it about {len(pictures):,} test pictures")
        ask = engine.open(made / engine.file, names)
        both = [(predictor.network.run(pixels), ask(pixels)) for pixels in read_pixels(predictor, side, pictures)]
        agreement = compare(*(gather(predictor, outputs) for outputs in zip(*both, strict=True)))
        check_agreement(model_id, agreement, EXACT)
        (made / GOLDEN).mkdir()
        write_golden(predictor, made / GOLDEN, TOLERANCE)
        _describe(made, predictor, engine, names, agreement, engine.note(predictor, prepared))
    return agreement


def _describe(
    made: Path, predictor: Predictor, engine: Engine, names: tuple[str, ...], agreement: Agreement, note: str
) -> None:
    side = measure_side(predictor)
    library = {"library": engine.library, "version": version(engine.library)}
    facts = describe(
        predictor,
        measure_golden(predictor, side),
        engine=engine.name,
        file=engine.file,
        input={"name": "pixel_values", "shape": [1, 3, side, side]},
        outputs=list(names),
        agreement=agreement.model_dump(mode="json") | library,
    )
    (made / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=2), "utf-8")
    text = TEXT.format(
        name=predictor.metadata.name if predictor.metadata else "A model",
        engine=engine.name,
        file=engine.file,
        side=side,
        outputs=", ".join(f"`{name}`" for name in names),
        same=agreement.same,
        pictures=agreement.pictures,
        gap=agreement.largest_gap,
        **library,
    )
    (made / CARD).write_text("\n".join(part for part in (text, note) if part), "utf-8")
