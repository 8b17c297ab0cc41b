"""How figures look, and how they become SVG text that can stand inside a page."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "INK",
    "MUTED",
    "PAPER",
    "brief",
    "compound_colours",
    "drawing",
    "log_axis",
    "log_ticks",
    "looks",
    "percent",
    "shown_target",
    "svg",
    "target_colour",
    "tick_text",
]

INK, MUTED, FAINT, PAPER = "#1f2430", "#5b6270", "#d5d9e0", "#ffffff"
_FONTS = "'DejaVu Sans', Verdana, Arial, sans-serif"
# Okabe and Ito's palette: told apart with every common kind of colour vision.
_COMPOUNDS = {
    "imipramine": "#0072B2",
    "desipramine": "#D55E00",
    "2-hydroxyimipramine": "#56B4E9",
    "2-hydroxydesipramine": "#E69F00",
    "didesmethylimipramine": "#CC79A7",
}
_OTHER_COMPOUNDS = ("#009E73", "#7F3C8D", "#8C6D31", "#4C566A", "#B8860B", "#1B7F8C", "#A23B5B")
# Tol's muted palette for targets, so that no target wears a compound's colour.
_TARGETS = {
    "SERT": "#332288",
    "NET": "#117733",
    "DAT": "#999933",
    "H1": "#AA4499",
    "alpha1": "#CC6677",
    "5-HT2A": "#44AA99",
    "5-HT2C": "#2F7F8F",
}
_MUSCARINIC = "#882255"
_MARKERS = "osD^vPX"


def _parameters() -> Any:
    return {
        "font.family": "DejaVu Sans",
        "font.size": 8.5,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "text.color": INK,
        "lines.linewidth": 1.6,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "grid.color": "#e6e8ec",
        "grid.linewidth": 0.7,
        "axes.axisbelow": True,
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "svg.fonttype": "none",
        "svg.hashsalt": "reuptake",
        "path.simplify": True,
        "text.parse_math": False,
        "axes.unicode_minus": True,
    }


@contextmanager
def drawing() -> Iterator[None]:
    """The house's drawing parameters, whatever the user's own are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_parameters())
        yield


def svg(figure: Figure, title: str, description: str) -> str:
    """A figure as SVG text without prolog, named and described, for a page or a file.

    Identifiers begin with the title, so that several figures can stand in one page.
    """
    buffer = StringIO()
    empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=empty)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    prefix = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href=")#', rf"\1#{prefix}-", text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = text.replace("'DejaVu Sans'", _FONTS).replace("font-family: DejaVu Sans", f"font-family: {_FONTS}")
    names = f'role="img" aria-labelledby="{prefix}-title {prefix}-description"'
    told = (
        f'<title id="{prefix}-title">{escape(title)}</title>\n'
        f' <desc id="{prefix}-description">{escape(description)}</desc>\n'
    )
    head, rest = text.split(">", 1)
    return "\n".join(line.rstrip() for line in f"{head} {names}>\n {told}{rest}".splitlines()) + "\n"


def compound_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each compound: the same in every figure, for compounds of the user's own by order."""
    names = list(dict.fromkeys(names))
    others = [name for name in names if name not in _COMPOUNDS]
    spare = {name: _OTHER_COMPOUNDS[i % len(_OTHER_COMPOUNDS)] for i, name in enumerate(others)}
    return {name: _COMPOUNDS.get(name) or spare[name] for name in names}


def looks(groups: Iterable[str]) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each of the largest groups, so that colour alone tells nothing; grey for the rest."""
    counts = Counter(groups)
    first = [name for name, _ in counts.most_common(len(_MARKERS))]
    colours = compound_colours(name for name in counts if name in first)
    own = {name: (colour, marker) for (name, colour), marker in zip(colours.items(), _MARKERS, strict=False)}
    return {name: own.get(name, (MUTED, ".")) for name in counts}


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round places on a logarithmic axis: 1, 2, 5 where they are few, powers of ten where the axis is long."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [t * 10.0**k for k in decades for t in (1, 2, 5) if low <= t * 10.0**k <= high]
    if len(fine) <= most:
        return fine if len(fine) > 1 else _even_ticks(low, high)
    powers = [10.0**k for k in decades if low <= 10.0**k <= high]
    return powers[:: -(-len(powers) // most)] if len(powers) > 1 else fine[::2]


def _even_ticks(low: float, high: float) -> list[float]:
    """Round places where a logarithmic axis is so short that it is nearly even."""
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(3).tick_values(low, high) if low <= tick <= high]


def log_axis(axis: Axis, low: float, high: float, most: int = 7) -> None:
    """A logarithmic axis from a lowest to a highest place, its ticks in plain text."""
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log", f"{name}lim": (low, high)})
    ticks = log_ticks(low, high, most)
    axis.set_ticks(ticks, labels=[tick_text(tick) for tick in ticks])
    axis.set_ticks([], minor=True)


def tick_text(value: float) -> str:
    """A number beside an axis: plain, with an exponent only far from one."""
    return f"{value:.6g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def target_colour(target: str) -> str:
    """The colour of a target; the muscarinic receptors share one."""
    return _TARGETS.get(target, _MUSCARINIC if re.fullmatch(r"M\d", target) else MUTED)


def shown_target(target: str) -> str:
    """A target as it is printed."""
    return {"alpha1": "α1", "alpha2": "α2", "beta1": "β1"}.get(target, target)


def brief(text: str, most: int) -> str:
    """A text that fits into a box of so many letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def percent(fraction: float) -> str:
    """A fraction in per cent, with a digit more where it is small."""
    value = 100.0 * fraction
    if value and value < 0.1:
        return "< 0.1 %"
    return f"{value:.1f} %" if value < 1.0 else f"{value:.0f} %"
