"""A model as an ONNX file in numbers of 16 bits: half the size, for graphics processors."""

import logging
from collections.abc import Callable
from pathlib import Path

import onnx

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.predict.golden import FEWER_BITS, ask_golden
from vitrine.predict.runtimes.onnx import OnnxNetwork
from vitrine.records.model import Agreement
from vitrine.ship.agreement import ROUNDED, check_agreement, compare, gather, list_test_pictures, read_pixels
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
from vitrine.ship.quantize import find_tail, open_network


def export_float16(model_id: str, file: Path, prepared: PreparedDataset, say: Callable[[str], None]) -> Agreement:
    """Writes the file, once it was seen to answer as the model does.

    Args:
        model_id: model folder.
        file: to write; one that is there is replaced.
        prepared: the data set that the model was trained on.
        say: is told what is done.

    Returns:
        How alike it answers on the test pictures.

    Raises:
        UserError: the data set is another one, or the file answers differently.
    """
    check_suffix(file)
    predictor = load_to_export(model_id)
    pictures = list_test_pictures(predictor, prepared)
    exported = trace_model(predictor, with_map=False)  # its weights would be in 16 bits within, and not without
    content = halve(exported.content)
    say(f"asking about {len(pictures):,} test pictures in 16 and 32 bits")
    networks = (open_network(exported.content), open_network(content))
    both = [[one.run(batch) for one in networks] for batch in read_pixels(predictor, exported.side, pictures)]
    agreement = compare(*(gather(predictor, outputs) for outputs in zip(*both, strict=True)))
    check_agreement(model_id, agreement, ROUNDED)
    _write(exported, networks[1], content, agreement, file)
    return agreement


def halve(content: onnx.ModelProto) -> onnx.ModelProto:
    """A graph in float16; what comes after the features (head, similarity), input and outputs stay in float32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    own = onnx.ModelProto()
    own.CopyFrom(content)
    logger = logging.getLogger("onnxruntime.transformers.float16")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it tells of every number that is rounded
    try:
        halved: onnx.ModelProto = convert_float_to_float16(own, keep_io_types=True, node_block_list=find_tail(own))
    finally:
        logger.setLevel(level)
    return halved


def _write(
    exported: Exported, network: OnnxNetwork, content: onnx.ModelProto, agreement: Agreement, file: Path
) -> None:
    predictor, side = exported.predictor, exported.side
    golden = measure_golden(predictor, side, ask_golden(network, predictor.preprocess, side), FEWER_BITS)
    write_notes(content, describe(predictor, golden, float16=agreement.model_dump(mode="json")))
    write_asked(content, file)
