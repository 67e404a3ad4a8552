"""Hyperparameters and their pairs as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import background, gain_colour, ink, mixed
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import (
    for_facets,
    given_axes,
    new_axes,
    one_or_all,
    shared_with,
)
from skhypershap.plotting._table import Panel, panels_of
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    ROW_HEIGHT,
    Heading,
    as_it_is,
    finish,
    font_size,
    inner_size,
    signed,
    widest,
    wrapped,
)
from skhypershap.plotting.interactions import matrix_of, names_of, upper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS_OF_LINE = 20  # in a name beside a node
LARGEST_NODE = 0.16  # radius, in multiples of that of the circle
SMALLEST_NODE = 0.03
WIDEST_EDGE = 0.13  # in multiples of the circle's radius
FEW = 10  # hyperparameters up to which all pairs are drawn
EDGES_PER_NODE = 2  # of more hyperparameters
GAP = 0.35  # between node and label, in multiples of the font size
MIN_RADIUS = 0.24  # of the circle, in multiples of the shorter side; else names go into a list


@dataclass(frozen=True)
class Graph:
    """What is drawn: values of nodes and pairs, and which pairs may be zero."""

    names: list[str]
    values: np.ndarray
    uncertain: np.ndarray

    @property
    def largest_node(self) -> float:
        """The largest |value| of a single hyperparameter."""
        return float(np.nanmax(np.abs(np.diag(self.values)), initial=0)) or 1.0

    @property
    def largest_pair(self) -> float:
        """The largest |value| of a pair."""
        above = self.values[np.triu_indices(len(self.names), 1)]
        return float(np.nanmax(np.abs(above), initial=0)) or 1.0

    @property
    def edges(self) -> list[tuple[int, int]]:
        """The pairs that are drawn, weakest first: all of them, or the strongest of very many."""
        above = np.triu(np.nan_to_num(np.abs(self.values)), 1)
        found = sorted(zip(*np.nonzero(above), strict=True), key=lambda pair: above[pair])
        n_names = len(self.names)
        return found if n_names <= FEW else found[-EDGES_PER_NODE * n_names :]

    @property
    def places(self) -> np.ndarray:
        """Nodes on the unit circle, clockwise from the top, of shape (n_names, 2)."""
        angles = np.pi / 2 - 2 * np.pi * np.arange(len(self.names)) / len(self.names)
        return np.column_stack([np.cos(angles), np.sin(angles)])

    @property
    def radii(self) -> np.ndarray:
        """Of nodes: their areas are as the values."""
        share = np.sqrt(np.nan_to_num(np.abs(np.diag(self.values))) / self.largest_node)
        room = min(1.0, FEW / max(len(self.names), 1))
        return np.maximum(share * LARGEST_NODE * room, SMALLEST_NODE)


@for_facets
@of_any_library
def plot_network(table: Any, ax: Any = None) -> Any:
    """Plot hyperparameters as nodes and pairs as edges.

    The area of a node is the value of the hyperparameter, the width of an edge that of the pair.
    Blue solid lines are pairs that gain more together, orange dashed ones gain less: one can stand
    in for the other. Edges are pale where the interval holds zero.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain` with `order=2` or more; larger interactions are
        not shown. With `n_bootstrap`, intervals are those of `summarize`.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure. Several games or data sets need an Axes each.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot: one Axes for each game and data set.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If `table` is not an explanation or is empty, has only interactions of more than two, or if
        `ax` has too many or too few Axes.

    See Also
    --------
    plot_interactions : The same as a heatmap, with numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import plot_network
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> ax = plot_network(explainer.fit(*load_iris(return_X_y=True)).explain())
    >>> len(ax.patches)
    2
    """
    panels = panels_of(table)
    graphs = [_graph_of(panel) for panel in panels]
    if ax is None:
        n_names = max(len(graph.names) for graph in graphs)
        letters = min(max(widest(graph.names) for graph in graphs), LETTERS_OF_LINE)
        side = 3.6 + 0.13 * n_names
        axes = new_axes(len(panels), side + 0.12 * letters, side + 0.6)
    else:
        axes = given_axes(ax, len(panels), [panel.label for panel in panels])
    for one in axes:
        one.set(xticks=[], yticks=[])
        one.grid(False)
        one.spines[:].set_visible(False)
    title = "Which hyperparameters matter, and which work together"
    headings = [Heading(title, _legend(*pair)) for pair in zip(panels, graphs, strict=True)]
    finish(axes, headings, draw=lambda position: _draw(graphs[position], axes[position]))
    return one_or_all(axes)


def _graph_of(panel: Panel) -> Graph:
    names = names_of(panel)
    position_of = {name: position for position, name in enumerate(names)}
    values = matrix_of(panel, position_of)
    uncertain = np.zeros(values.shape, dtype=bool)
    if {"low", "high"} <= set(panel.rows):
        rows = panel.rows[panel.rows["order"] <= 2]
        holds_zero = (rows["low"] <= 0) & (rows["high"] >= 0)
        for members in rows.loc[holds_zero, "hyperparameters"]:
            uncertain[upper(members, position_of)] = True
    return Graph(names, values, uncertain)


def _legend(panel: Panel, graph: Graph) -> tuple[str, str]:
    pale = "; pale: may be zero" if {"low", "high"} <= set(panel.rows) else ""
    meaning = f"lines: gain more (blue) or less (orange, dashed) together{pale}"
    if panel.game == "sensitivity":
        meaning = f"lines: vary more (blue) or less (orange, dashed) together{pale}"
    n_names = len(graph.names)
    if n_names > FEW:
        meaning += f"; the strongest {len(graph.edges)} of {n_names * (n_names - 1) // 2} pairs"
    return panel.scores, f"{panel.small_print[1]} · {meaning}"


def _draw(graph: Graph, ax: Axes) -> None:
    size = inner_size(ax)
    font = font_size(ax)
    numbers = [signed(value) for value in np.diag(graph.values)]
    labels = [
        f"{wrapped(name, LETTERS_OF_LINE)}\n{number}" if np.isfinite(value) else name
        for name, number, value in zip(graph.names, numbers, np.diag(graph.values), strict=True)
    ]
    for smaller in (font, 0.85 * font, 0.7 * font):
        radius, centre = _largest_circle(graph, labels, smaller, size)
        if radius >= MIN_RADIUS * min(size):
            break
    else:
        _draw_with_list(graph, numbers, font, size, ax)
        return
    _draw_graph(graph, radius, ax)
    for place, node, label in zip(graph.places, graph.radii, labels, strict=True):
        x, y = place * (1 + node + GAP * smaller / radius)
        text = ax.text(x, y, label, fontsize=smaller, color=ink(ax), **_alignment(place))
        as_it_is(text)
    low = np.divide(centre, radius) - np.divide(size, 2 * radius)
    _set_limits(ax, low, np.divide(size, radius))


def _set_limits(ax: Axes, low: np.ndarray, span: np.ndarray) -> None:
    """Set the limits, and keep circles round when the axes change their size."""
    high = low + span
    # Where both axes are shared, matplotlib could only shrink the Axes, and move the title.
    shared = all(len(list(shared_with(ax, which))) > 1 for which in "xy")
    ax.set_aspect("auto" if shared else "equal", adjustable="datalim")
    ax.update_datalim([low, high])
    ax.set_xlim(low[0], high[0], auto=True)
    ax.set_ylim(low[1], high[1], auto=True)


def _alignment(place: np.ndarray) -> dict[str, Any]:
    """How a label is aligned so that it lies outside of the circle."""
    x, y = place
    sides = {
        "horizontalalignment": "center" if abs(x) < 0.1 else "left" if x > 0 else "right",
        "verticalalignment": "center" if abs(y) < 0.6 else "bottom" if y > 0 else "top",
    }
    return {**sides, "multialignment": sides["horizontalalignment"]}


def _largest_circle(
    graph: Graph, labels: list[str], font: float, size: tuple[float, float]
) -> tuple[float, np.ndarray]:
    """Radius of the largest circle that fits with labels around it, and the centre of it all.

    Both are in points; the radius is 0 where labels meet or no circle fits.
    """
    for radius in np.linspace(0.7, 0.1, 31) * min(size):
        boxes = _boxes(graph, labels, font, radius)
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        if (high - low <= np.array(size) - font).all() and not _some_meet(boxes):
            return float(radius), (low + high) / 2
    return 0.0, np.zeros(2)


def _boxes(graph: Graph, labels: list[str], font: float, radius: float) -> np.ndarray:
    """Left, bottom, right and top of labels and nodes in points, of shape (2 n_names, 4)."""
    boxes = []
    for place, node, label in zip(graph.places, graph.radii, labels, strict=True):
        wide = LETTER_WIDTH * font * widest([label])
        high = ROW_HEIGHT * font * (label.count("\n") + 1)
        x, y = place * (radius * (1 + node) + GAP * font)
        sides = _alignment(place)
        left = {"center": x - wide / 2, "left": x, "right": x - wide}[sides["horizontalalignment"]]
        low = {"center": y - high / 2, "bottom": y, "top": y - high}[sides["verticalalignment"]]
        boxes.append((left, low, left + wide, low + high))
    nodes = [
        (*(place - node) * radius, *(place + node) * radius)
        for place, node in zip(graph.places, 0.7 * graph.radii, strict=True)
    ]
    return np.array(boxes + nodes)


def _some_meet(boxes: np.ndarray) -> bool:
    """Whether two of the boxes overlap."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    meet = ((low < high.swapaxes(0, 1)) & (low.swapaxes(0, 1) < high)).all(axis=2)
    return bool(np.triu(meet, 1).any())


def _draw_with_list(
    graph: Graph, numbers: list[str], font: float, size: tuple[float, float], ax: Axes
) -> None:
    """Number the nodes, and list the names beside them, where they do not fit around."""
    width, height = size
    entries = [
        f"{position} {name}  {number}"
        for position, (name, number) in enumerate(zip(graph.names, numbers, strict=True), start=1)
    ]
    small = min(
        font, height / len(entries) / ROW_HEIGHT, 0.58 * width / LETTER_WIDTH / widest(entries)
    )
    small = max(small, 4.0)
    listed = min(LETTER_WIDTH * small * widest(entries), 0.7 * width)
    radius = max(min((width - listed) / 2, height / 2) - 1.5 * small, 20.0) / 1.15
    left = -1.15 - 1.5 * small / radius
    _draw_graph(graph, radius, ax)
    step = min(height / len(entries), 1.6 * ROW_HEIGHT * small) / radius
    for position, (place, node, entry) in enumerate(
        zip(graph.places, graph.radii, entries, strict=True)
    ):
        x, y = place * (1 + node + 0.8 * small / radius)
        number = ax.text(
            x, y, str(position + 1), fontsize=small, color=ink(ax), ha="center", va="center"
        )
        y = (len(entries) / 2 - 0.5 - position) * step
        x = left + (width - listed) / radius
        as_it_is(
            number, ax.text(x, y, entry, fontsize=small, color=ink(ax), ha="left", va="center")
        )
    span = np.divide(size, radius)
    _set_limits(ax, np.array([left, -span[1] / 2]), span)


def _draw_graph(graph: Graph, radius: float, ax: Axes) -> None:
    """Edges, weakest first, then the nodes."""
    from matplotlib.patches import Circle

    widest_edge = WIDEST_EDGE * min(1.0, FEW / len(graph.names)) * radius
    for first, last in graph.edges:
        value = graph.values[first, last]
        strength = abs(value) / graph.largest_pair
        pale = graph.uncertain[first, last]
        ax.plot(
            *graph.places[[first, last]].T,
            linestyle="-" if value >= 0 else (0, (2, 1)),
            linewidth=max(strength * widest_edge, 0.6),
            color=mixed(background(ax), gain_colour(ax, value), 0.3 if pale else 0.75),
            solid_capstyle="butt",
            dash_capstyle="butt",
            zorder=1 + strength,
        )
    for place, node, value in zip(graph.places, graph.radii, np.diag(graph.values), strict=True):
        colour = gain_colour(ax, value) if np.isfinite(value) else ink(ax, 0.4)
        circle = Circle(place, node, facecolor=colour, edgecolor=background(ax), zorder=3)
        ax.add_patch(circle)


class NetworkDisplay(Display):
    """Graph of hyperparameters and pairs, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.explain` with `order=2`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_network : The same as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import NetworkDisplay
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> explainer = explainer.fit(*load_iris(return_X_y=True))
    >>> display = NetworkDisplay.from_explainer(explainer)
    >>> display.figure_ is display.ax_.figure
    True
    """

    _plot = staticmethod(plot_network)

    @classmethod
    def from_explainer(
        cls, explainer: Any, game: Any = "tunability", *, ax: Any = None, **options: Any
    ) -> Self:
        """Explain, and plot the result.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        game : str or list of str, default="tunability"
            As in `explain`.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further arguments of `explain`.

        Returns
        -------
        NetworkDisplay
        """
        return cls(explainer.explain(game, **options)).plot(ax)
