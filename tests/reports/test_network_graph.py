"""The drawing of a network."""

from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.graph import Layer, trace_layers
from vitrine.reports.network_graph import ACROSS, DOWN, Box, draw_network, join_layers, place_boxes
from vitrine.ui.figures import to_svg


def layer(name, kind="Conv2d", inputs=(), parameters=0, shape=(4, 8, 8)):
    return Layer(name, kind, shape, parameters, kind in ("Conv2d", "Linear"), inputs)


RESIDUAL = [
    layer("conv1", parameters=10),
    layer("norm1", "BatchNorm2d", (0,), 2),
    layer("conv2", inputs=(1,)),
    layer("norm2", "BatchNorm2d", (2,)),
    layer("side", inputs=(1,)),
    layer("sum", "add", (3, 4)),
    layer("relu", "ReLU", (5,)),
    layer("answer", "Linear", (6,)),
]


def test_norms_and_activations_stand_with_the_layer_before_them():
    boxes = join_layers(RESIDUAL)
    assert [[each.name for each in box.layers] for box in boxes] == [
        ["conv1", "norm1"],
        ["conv2", "norm2"],
        ["side"],
        ["sum", "relu"],
        ["answer"],
    ]
    assert [box.inputs for box in boxes] == [[], [0], [0], [1, 2], [3]]
    assert boxes[0].lines == ("Conv2d · BatchNorm2d", "conv1", "4 x 8 x 8, 12 parameters")


def test_an_activation_that_others_bypass_has_a_box_of_its_own():
    layers = [layer("conv"), layer("relu", "ReLU", (0,)), layer("sum", "add", (0, 1))]
    assert [len(box.layers) for box in join_layers(layers)] == [1, 1, 1]


def test_what_changes_the_shape_has_a_box_of_its_own():
    layers = [
        layer("conv"),
        layer("relu", "ReLU", (0,)),
        layer("pool", "MaxPool2d", (1,), shape=(4, 4, 4)),
        layer("flat", "Flatten", (2,), shape=(64,)),
        layer("norm", "BatchNorm1d", (3,), shape=(64,)),
    ]
    boxes = join_layers(layers)
    assert [[each.name for each in box.layers] for box in boxes] == [["conv", "relu"], ["pool"], ["flat", "norm"]]


def test_boxes_stand_below_what_they_take_from_and_beside_each_other():
    places = place_boxes(join_layers(RESIDUAL))
    assert places == [(0, 0), (-ACROSS / 2, -DOWN), (ACROSS / 2, -DOWN), (0, -2 * DOWN), (0, -3 * DOWN)]


def test_branches_stay_in_their_lanes():
    chain = [Box([layer("a")]), Box([layer("b")], [0]), Box([layer("c")], [0]), Box([layer("d")], [1])]
    places = place_boxes(chain)
    assert places[3][0] == places[1][0] != places[2][0]


def test_the_drawing_names_every_layer():
    model = build_small_cnn("ab", [4, 8], 1, 0.0)
    layers = trace_layers(model, 16)
    drawing = to_svg(draw_network(layers, "digits & co")).decode()
    assert "digits &amp; co" in drawing
    for box in join_layers(layers):
        assert f">{box.layers[0].name}<" in drawing
