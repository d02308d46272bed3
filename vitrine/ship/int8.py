"""A model as an ONNX file of 8-bit whole numbers: a third of the time and a quarter of the size.

Activations are measured on training pictures. Of the layouts that are about as fast as the fastest on this machine, the
one that answers most like float32 is taken; it must give float32's first answer to at least 99 % of other pictures.
Where OpenVINO is installed, so must it, or it will not compute the file.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from vitrine.data.loading.labeled import LabeledImage, list_images, spread_evenly
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError, first_line
from vitrine.predict.golden import FEWER_BITS, ask_golden, note_answers
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Network, Outputs
from vitrine.records.model import Agreement, Int8Proof
from vitrine.ship.agreement import LEAST_SAME, check_origin, compare, gather, read_pixels
from vitrine.ship.export import (
    Exported,
    check_suffix,
    describe,
    load_to_export,
    measure_golden,
    trace_model,
    write_asked,
    write_notes,
)
from vitrine.ship.quantize import Timed, measure_ranges, open_network, time_layouts

CALIBRATION_PICTURES = 200  # or one of each class, where there are more
LEAST_CALIBRATION = 50
LEAST_PICTURES = 400  # to prove on
MOST_PICTURES = 1000
ABOUT_AS_FAST = 1.3  # of such layouts the one that answers most alike is taken


def export_int8(model_id: str, file: Path, prepared: PreparedDataset, say: Callable[[str], None]) -> Int8Proof:
    """Writes the file, once it was proven to answer as the model does.

    Args:
        model_id: model folder.
        file: to write; one that is there is replaced.
        prepared: the data set that the model was trained on; its test pictures are not looked at.
        say: is told what is done, since it takes a minute or more.

    Raises:
        UserError: the data set is another one, holds too few pictures to prove anything, or no layout answers alike.
    """
    check_suffix(file)
    predictor = load_to_export(model_id)
    sides = _choose_pictures(predictor, prepared)
    exported = trace_model(predictor)
    say(f"calibrating on {len(sides.calibration):,} training pictures")
    graph, ranges = measure_ranges(exported.content, read_pixels(predictor, exported.side, sides.calibration))
    expected = _ask(exported, open_network(exported.content), sides.proof)
    timed = time_layouts(graph, ranges, exported.content, exported.side)
    tried = []
    for group in _group_by_speed(timed):
        proofs = []
        for one in group:
            say(f"{one.layout.name}: {one.share:.2f} of float32's time; asking about {len(sides.proof):,} pictures")
            found = _ask(exported, open_network(one.content), sides.proof)
            proofs.append((_prove(expected, found, one, len(sides.calibration)), one))
        proof, best = max(proofs, key=_rank)
        if proof.same >= LEAST_SAME * proof.pictures:
            elsewhere = _ask_openvino(exported, best.content, expected, sides.proof, say)
            return _write(exported, best.content, proof, elsewhere, file)
        tried += [f"{one.layout}: {one.same:,} of {one.pictures:,} alike" for one, _ in proofs]
    raise UserError(
        f"{model_id}: in 8 bits it would give another first answer to more than 1 % of the pictures "
        f"({'; '.join(tried)}), so no file was written; export it without --format int8"
    )


def _rank(entry: tuple[Int8Proof, Timed]) -> tuple[int, int, bool, float]:
    """What answers most alike; among equals what OpenVINO reads, too (pairs), then the fastest."""
    proof, timed = entry
    return proof.same, proof.same_decisions, timed.layout.pairs, -timed.share


def _group_by_speed(timed: Sequence[Timed]) -> list[list[Timed]]:
    """Those that are about as fast as the fastest, and then each alone, in the order of speed."""
    ordered = sorted(timed, key=lambda one: one.share)
    first = [one for one in ordered if one.share <= ABOUT_AS_FAST * ordered[0].share]
    return [first, *([one] for one in ordered[len(first) :])]


@dataclass(frozen=True)
class _Sides:
    calibration: Sequence[LabeledImage]
    proof: Sequence[LabeledImage]


def _choose_pictures(predictor: Predictor, prepared: PreparedDataset) -> _Sides:
    """Training pictures of all classes in turn to calibrate on; validation and other training pictures to prove."""
    check_origin(predictor, prepared)
    training, validation = list_images(prepared, TRAIN), list_images(prepared, VALIDATION)
    label_ids = np.asarray([prepared.label_names.index(picture.label_name) for picture in training])
    order = _take_turns(label_ids)
    wanted = max(CALIBRATION_PICTURES, len(prepared.label_names))
    taken = min(wanted, len(training), len(training) + len(validation) - LEAST_PICTURES)
    if taken < LEAST_CALIBRATION:
        raise UserError(
            f"{predictor.model_id}: int8 is not proven: {len(training) + len(validation):,} training and validation "
            f"pictures are too few, {LEAST_PICTURES} are needed beside {LEAST_CALIBRATION} to calibrate on; float32 "
            "answers (leave --format int8 out)"
        )
    proof = [*spread_evenly(validation, MOST_PICTURES), *(training[row] for row in order[taken:])]
    return _Sides([training[row] for row in order[:taken]], proof[:MOST_PICTURES])


def _take_turns(label_ids: npt.NDArray[np.int64]) -> list[int]:
    """All rows by chance, the first of every class before the second of any."""
    shuffled = np.random.default_rng(0).permutation(len(label_ids))
    turns = np.empty(len(label_ids), np.int64)
    for label_id in np.unique(label_ids):
        members = shuffled[label_ids[shuffled] == label_id]
        turns[members] = np.arange(len(members))
    rows: list[int] = shuffled[np.argsort(turns[shuffled], kind="stable")].tolist()
    return rows


def _ask(exported: Exported, network: Network, pictures: Sequence[LabeledImage]) -> Predictions:
    pixels = read_pixels(exported.predictor, exported.side, pictures)
    return gather(exported.predictor, [network.run(batch) for batch in pixels])


def _prove(expected: Predictions, found: Predictions, timed: Timed, calibration: int) -> Int8Proof:
    return Int8Proof(
        **compare(expected, found).model_dump(),
        layout=timed.layout.name,
        calibration_pictures=calibration,
        time_share=timed.share,
    )


@dataclass(frozen=True)
class _Elsewhere:
    """What another runtime says of the pictures of the proof, and of the golden ones; or why it is refused."""

    agreement: Agreement | None = None
    golden: Outputs | None = None
    refusal: str = ""


def _ask_openvino(
    exported: Exported,
    content: onnx.ModelProto,
    expected: Predictions,
    pictures: Sequence[LabeledImage],
    say: Callable[[str], None],
) -> _Elsewhere | None:
    """OpenVINO is faster in 8 bits, but rounds in other places: it is proven by itself, where it is installed."""
    if find_spec("openvino") is None:
        return None
    from vitrine.predict.runtimes.openvino import open_openvino

    say(f"OpenVINO: asking about {len(pictures):,} pictures")
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        file = Path(folder) / "model.onnx"
        onnx.save(content, file)
        try:
            network = open_openvino(file)
        except UserError as error:
            return _refuse(first_line(error).removeprefix(f"{file}: "), say)
        agreement = compare(expected, _ask(exported, network, pictures))
        if agreement.same < LEAST_SAME * agreement.pictures:
            return _refuse(f"{agreement.same:,} of {agreement.pictures:,} pictures alike", say)
        return _Elsewhere(agreement, ask_golden(network, exported.predictor.preprocess, exported.side))


def _refuse(reason: str, say: Callable[[str], None]) -> _Elsewhere:
    say(f"OpenVINO will not be used: {reason}")
    return _Elsewhere(refusal=reason)


def _write(
    exported: Exported, content: onnx.ModelProto, proof: Int8Proof, elsewhere: _Elsewhere | None, file: Path
) -> Int8Proof:
    predictor, side = exported.predictor, exported.side
    golden = measure_golden(predictor, side, ask_golden(open_network(content), predictor.preprocess, side), FEWER_BITS)
    if elsewhere and elsewhere.golden:
        proof = proof.model_copy(update={"by_openvino": elsewhere.agreement})
        golden = golden.model_copy(update={"answers_by": {"openvino": note_answers(elsewhere.golden)}})
    elif elsewhere:
        proof = proof.model_copy(update={"refused": {"openvino": elsewhere.refusal}})
    write_notes(content, describe(predictor, golden, int8=proof.model_dump(mode="json")))
    write_asked(content, file)
    return proof
