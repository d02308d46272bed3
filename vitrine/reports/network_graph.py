"""The drawing of a network: a box for each layer with weights, from the picture above to the answer below."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from vitrine.models.graph import Layer
from vitrine.ui.figures import PNG_DOTS_PER_INCH, shorten, style
from vitrine.ui.palette import LIGHT, Theme

# Inches: a box and the distance of two, between their middles.
WIDTH, HEIGHT, ACROSS, DOWN = 2.7, 0.56, 3.0, 0.78
TOP = 0.9  # inches down to the middle of the first box; the title stands above it
MOST_LETTERS = 44  # of a line in a box
MOST_INCHES = 60_000 / PNG_DOTS_PER_INCH  # a PNG may not be higher; deeper networks are drawn smaller
Point = tuple[float, float]


@dataclass
class Box:
    """Layers that are drawn as one.

    Attributes:
        layers: in their order.
        inputs: numbers of the boxes that it takes from; none where it takes the picture.
    """

    layers: list[Layer]
    inputs: list[int] = field(default_factory=list)

    @property
    def lines(self) -> tuple[str, str, str]:
        """What stands in it: kinds of layers, name of the first, what the last one gives."""
        shape = " x ".join(map(str, self.layers[-1].shape))
        parameters = sum(layer.parameters for layer in self.layers)
        count = f", {parameters:,} parameters" if parameters else ""
        return " · ".join(layer.kind for layer in self.layers), self.layers[0].name, f"{shape}{count}"


def join_layers(layers: Sequence[Layer]) -> list[Box]:
    """Puts norms and activations into the box of the layer before them, where nothing else takes from it.

    What changes the shape, such as a pooling, has a box of its own: a box tells one shape.

    Args:
        layers: of a network, in their order.
    """
    takers = [0] * len(layers)
    for layer in layers:
        for number in layer.inputs:
            takers[number] += 1
    boxes: list[Box] = []
    box_of: list[int] = []  # by the number of a layer
    for layer in layers:
        if _continues(layer, layers, takers):
            box_of.append(box_of[layer.inputs[0]])
            boxes[box_of[-1]].layers.append(layer)
        else:
            box_of.append(len(boxes))
            boxes.append(Box([layer], list(dict.fromkeys(box_of[number] for number in layer.inputs))))
    return boxes


def _continues(layer: Layer, layers: Sequence[Layer], takers: Sequence[int]) -> bool:
    """Whether a layer can stand with the one before it; `takers` counts who takes from each."""
    if layer.has_weights or len(layer.inputs) != 1:
        return False
    (before,) = layer.inputs
    return takers[before] == 1 and layer.shape == layers[before].shape


def draw_network(layers: Sequence[Layer], title: str, theme: Theme = LIGHT) -> Figure:
    """The network as a figure.

    Args:
        layers: of a network, in their order.
        title: above the drawing.
        theme: colours.
    """
    boxes = join_layers(layers)
    places = place_boxes(boxes)
    left, right = (pick(x for x, _ in places) for pick in (min, max))
    width, height = right - left + 2 * ACROSS, TOP + DOWN - min(y for _, y in places)
    scale = min(1.0, MOST_INCHES / height)
    with style(theme):
        figure = Figure(figsize=(width * scale, height * scale))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(left - ACROSS, right + ACROSS), ylim=(TOP - height, TOP))
        axes.set_axis_off()
        axes.text(left - ACROSS + 0.2, TOP - 0.35, title, fontsize=11 * scale)
        for box, place in zip(boxes, places, strict=True):
            for source in box.inputs:
                line = PathPatch(_find_way(places[source], place), fill=False, edgecolor=theme.muted, linewidth=scale)
                axes.add_patch(line)
            _draw_box(axes, box, place, theme, scale)
    return figure


def place_boxes(boxes: Sequence[Box]) -> list[Point]:
    """The middle of each box in inches, `(x, y)`: below all that it takes from, and near it.

    Args:
        boxes: in an order in which each comes after those that it takes from.
    """
    rows: list[list[int]] = []
    row_of: list[int] = []
    for number, box in enumerate(boxes):
        row_of.append(1 + max((row_of[source] for source in box.inputs), default=-1))
        rows += [[]] if row_of[-1] == len(rows) else []
        rows[row_of[-1]].append(number)
    places: list[Point] = [(0.0, 0.0)] * len(boxes)
    for row, members in enumerate(rows):
        wishes = {number: mean([places[source][0] for source in boxes[number].inputs] or [0.0]) for number in members}
        members.sort(key=lambda number: wishes[number])
        for number, x in zip(members, _spread([wishes[number] for number in members]), strict=True):
            places[number] = (x, -row * DOWN)
    return places


def _spread(wishes: Sequence[float]) -> list[float]:
    """Places beside each other that are as near to the wished ones, which grow, as the width of boxes allows."""
    groups: list[list[float]] = []  # of boxes that touch, by their wishes
    for wish in wishes:
        groups.append([wish])
        while (
            len(groups) > 1 and mean(groups[-1]) - mean(groups[-2]) < ACROSS * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            last = groups.pop()
            groups[-1] += last
    return [mean(group) + (place - (len(group) - 1) / 2) * ACROSS for group in groups for place in range(len(group))]


def _find_way(start: Point, end: Point) -> Path:
    """From under one box straight down, then over to the next; past its side where other boxes stand between them."""
    curve = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    if start[0] == end[0] and start[1] - end[1] > 1.5 * DOWN:
        side = start[0] + WIDTH / 2
        out = side + min(ACROSS / 2, 0.25 * (start[1] - end[1]))
        return Path([(side, start[1]), (out, start[1]), (out, end[1]), (side, end[1])], curve)
    last, bottom = end[1] + DOWN - HEIGHT / 2, end[1] + HEIGHT / 2  # the gap in front of the second box
    points = [(start[0], start[1] - HEIGHT / 2), (start[0], last), (start[0], bottom), (end[0], last), (end[0], bottom)]
    return Path(points, [Path.MOVETO, Path.LINETO, *curve[1:]])


def _draw_box(axes: Axes, box: Box, place: Point, theme: Theme, scale: float) -> None:
    weighted = any(layer.has_weights for layer in box.layers)
    corner = (place[0] - WIDTH / 2, place[1] - HEIGHT / 2)
    shape = FancyBboxPatch(
        corner,
        WIDTH,
        HEIGHT,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=theme.surface,
        edgecolor=theme.training if weighted else theme.muted,
        linewidth=(1.6 if weighted else 0.8) * scale,
        zorder=2,
    )
    axes.add_patch(shape)
    for number, line in enumerate(box.lines):
        axes.text(
            place[0],
            place[1] + (1 - number) * HEIGHT / 3.4,
            shorten(line, MOST_LETTERS),
            fontsize=(7.5 if number == 0 else 6.5) * scale,
            color=theme.muted if number == 1 else theme.text,
            ha="center",
            va="center",
            zorder=3,
        )
