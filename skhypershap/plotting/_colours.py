"""Colours that the colour-blind can tell apart, on light and on dark backgrounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Colour = tuple[float, float, float]

GAIN, LOSS = "#0173b2", "#d55e00"  # blue and vermilion, as in seaborn's colour-blind palette
ON_DARK = 0.35  # fraction of white that is mixed into them on a dark background


def background(ax: Axes) -> Colour:
    """The colour behind axes."""
    from matplotlib.colors import to_rgb, to_rgba

    face = to_rgba(ax.get_facecolor())
    figure = ax.get_figure(root=True)
    behind = to_rgb(figure.get_facecolor()) if figure is not None else (1.0, 1.0, 1.0)
    return mixed(behind, face[:3], face[3])


def is_dark(ax: Axes) -> bool:
    """Whether the background is darker than middle grey."""
    red, green, blue = background(ax)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5


def ink(ax: Axes, strength: float = 1.0) -> Colour:
    """The colour of lines and text on axes: that of text, or paler."""
    black_or_white = (1.0, 1.0, 1.0) if is_dark(ax) else (0.0, 0.0, 0.0)
    return mixed(background(ax), black_or_white, 0.85 * strength)


def mixed(first: Colour, second: Colour, fraction: float) -> Colour:
    """A colour between two, with a fraction of the second."""
    return tuple(one + fraction * (two - one) for one, two in zip(first, second, strict=True))  # type: ignore[return-value]


def gain_colour(ax: Axes, value: float) -> Colour:
    """Blue for gains, orange for losses."""
    return _for(ax, GAIN if value >= 0 else LOSS)


def colours(ax: Axes, n_colours: int) -> list[Colour]:
    """Colours for so many kinds of things."""
    import seaborn as sns

    return [_for(ax, colour) for colour in sns.color_palette("colorblind", max(n_colours, 1))]


def diverging(ax: Axes) -> Colormap:
    """From losses through the background to gains."""
    import seaborn as sns

    ends = [gain_colour(ax, -1), background(ax), gain_colour(ax, 1)]
    return sns.blend_palette(ends, as_cmap=True)


def greys(ax: Axes) -> Colormap:
    """From the background to a grey on which text can be read."""
    import seaborn as sns

    return sns.blend_palette([background(ax), ink(ax, 0.45)], as_cmap=True)


def text_on(colour: Colour) -> str:
    """Black or white, whichever can be read on a colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def _for(ax: Axes, colour: str | Colour) -> Colour:
    from matplotlib.colors import to_rgb

    return mixed(to_rgb(colour), (1.0, 1.0, 1.0), ON_DARK if is_dark(ax) else 0.0)
