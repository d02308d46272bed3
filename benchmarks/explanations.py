"""Which kind of map tells best what an answer rests on: insertion minus deletion on test pictures, beside two controls.

The maps are about the model's own first answer. "beats both" is the share of pictures on which a map scores higher than
the random map and the centre blob. Maps by activations are compared, too, with those of the same network with random
weights.

    python benchmarks/explanations.py MODEL PICTURES [--number 50] [--seed 0] [--methods hirescam layercam occlusion]
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder, or ONNX file")
    parser.add_argument("pictures", type=Path, help="folder, with its sub-folders")
    parser.add_argument("--number", type=int, default=50, help="of pictures, drawn at random (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing (default %(default)s)")
    parser.add_argument("--methods", nargs="+", default=["hirescam", "layercam", "occlusion"])
    options = parser.parse_args()
    from vitrine.explain.explainer import Explainer
    from vitrine.predict.predictor import Predictor

    files = sorted(path for path in options.pictures.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = np.random.default_rng(options.seed).permutation(np.array(files, object))[: options.number]
    explainer = Explainer(Predictor.load(options.model))
    for method in options.methods:
        report(method, [explain(explainer, path, method) for path in chosen])


def explain(explainer: "Explainer", path: Path, method: str) -> tuple[float, "Verdict"]:  # noqa: F821
    """Seconds of the map alone, and its figures."""
    image = explainer.predictor.open_image(path)
    start = time.perf_counter()
    explanation = explainer.explain(image, method=method)
    seconds = time.perf_counter() - start
    return seconds, explainer.judge(explanation)


def report(method: str, found: list[tuple[float, "Verdict"]]) -> None:  # noqa: F821
    """One line for a method."""
    verdicts = [verdict for _, verdict in found]

    def mean(figure: Callable[["Verdict"], float]) -> str:  # noqa: F821
        values: npt.NDArray[np.float64] = np.array([figure(one) for one in verdicts])
        return f"{values.mean():.3f} +- {values.std(ddof=1) / len(values) ** 0.5:.3f}"

    milliseconds = 1000 * float(np.median([seconds for seconds, _ in found]))
    own = f"{mean(lambda one: one.own.score)}, deletion {mean(lambda one: one.own.deletion)}"
    controls = ", ".join(
        f"{name} {mean(lambda one, name=name: one.controls[name].score)}" for name in verdicts[0].controls
    )
    beats = np.mean([one.beats_controls for one in verdicts])
    similar = [one.random_weights for one in verdicts if one.random_weights is not None]
    print(f"{method:<10} score {own}, insertion {mean(lambda one: one.own.insertion)}; {controls}")
    print(f"           beats both on {beats:.2f} of {len(found)}; {milliseconds:.0f} ms a map (median)", flush=True)
    if similar:
        print(
            f"           rank correlation with the map of random weights: {np.median(similar):.2f} (median), "
            f"{min(similar):.2f} to {max(similar):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
