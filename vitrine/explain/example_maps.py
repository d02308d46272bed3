"""Maps of the test pictures that a model brings along: made and checked beforehand, so that nobody waits for them."""

from collections.abc import Sequence
from pathlib import Path

from vitrine.explain.explainer import Explainer
from vitrine.records.model import Example, ExampleMap

MAP_SUFFIX = ".map.png"


def add_maps(explainer: Explainer, folder: Path, examples: Sequence[Example]) -> list[Example]:
    """Writes the map of each picture beside it; takes 150 answers of the network for each, or 700.

    Args:
        explainer: of the model.
        folder: that the files of the examples are relative to.
        examples: pictures of the folder.

    Returns:
        The examples with their maps; one in which nothing speaks for its likeliest class stays without.
    """
    return [example.model_copy(update={"map": _write_map(explainer, folder, example)}) for example in examples]


def _write_map(explainer: Explainer, folder: Path, example: Example) -> ExampleMap | None:
    image = explainer.predictor.open_image(folder / example.file)
    found, verdict = explainer.explain_and_judge(image, preprocessed=example.prepared)
    if not found.importance.any():
        return None
    file = Path(example.file).with_suffix(MAP_SUFFIX)
    explainer.draw(image, found).save(folder / file)
    return ExampleMap(
        file=file.as_posix(),
        label_name=found.label_name,
        is_trusted=verdict.is_trusted,
        random_weights_tried=verdict.random_weights is not None,
    )
