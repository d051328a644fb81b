"""Colours and sizes of all pictures, in one place.

Blue goes forward, orange goes back: the two stay apart for colour-blind readers, and in greyscale
by line style (solid and dashed borders) and lightness.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FONT = "Helvetica"
TITLE, NAME, SMALL, NOTE = 18.0, 12.0, 10.0, 10.0  # points

INK = "#1B2733"
MUTED = "#55626E"
RULE = "#B9C2CB"
PAPER = "#FFFFFF"
FORWARD = "#2B5F96"
FORWARD_FILL = "#E9F1F9"
PIVOT_FILL = "#17375E"
BACK = "#B0560A"
BACK_FILL = "#FDF1E3"
FRAME_FILL = "#F7F8FA"
STUCK_FILL = "#3D3D3D"

Style = Mapping[str, str]


def _box(fill: str, line: str, style: str = "", **more: str) -> Style:
    drawn = "rounded,filled" + (f",{style}" if style else "")
    return MappingProxyType({"style": drawn, "fillcolor": fill, "color": line, **more})


STATE = _box(FORWARD_FILL, FORWARD, penwidth="1.3")
AFTER = _box(PAPER, FORWARD, penwidth="1.3")
OPTIONAL = _box(PAPER, FORWARD, "dotted", penwidth="1.6")
PIVOT = _box(PIVOT_FILL, PIVOT_FILL, penwidth="2", fontcolor=PAPER)
UNDO = _box(BACK_FILL, BACK, "dashed", penwidth="1.3")
FAIL = _box(PAPER, BACK, penwidth="2")
COMPLETED = _box(PAPER, FORWARD, peripheries="2")
COMPENSATED = _box(PAPER, BACK, peripheries="2")
STUCK = MappingProxyType(
    {"shape": "octagon", "style": "filled", "fillcolor": STUCK_FILL, "fontcolor": PAPER}
)
FRAME = _box(FRAME_FILL, RULE)
FRAME_PIVOT = _box(FRAME_FILL, PIVOT_FILL, penwidth="3")
START = MappingProxyType({"shape": "circle", "style": "filled", "fillcolor": INK, "color": INK})

DECISION = MappingProxyType(
    {"shape": "hexagon", "style": "filled", "fillcolor": PAPER, "color": INK, "penwidth": "1.2"}
)
FORK = MappingProxyType(
    {"style": "filled", "fillcolor": PAPER, "color": INK, "penwidth": "1.2", "peripheries": "1"}
)
MERGE = MappingProxyType({"shape": "diamond", "style": "filled", "fillcolor": PAPER, "color": INK})
BAR = MappingProxyType({"style": "filled", "fillcolor": INK, "color": INK})
LANE_HEAD = MappingProxyType({"style": "filled", "fillcolor": "#E3E8ED", "color": RULE})

GO = MappingProxyType({"color": FORWARD, "penwidth": "1.6", "arrowsize": "0.8"})
RETURN = MappingProxyType({"color": BACK, "penwidth": "1.3", "arrowsize": "0.8"})
TROUBLE = MappingProxyType(
    {"color": STUCK_FILL, "penwidth": "1.1", "style": "dotted", "arrowsize": "0.7"}
)
