"""Every kind of picture in every format: the one entry of this folder."""

from __future__ import annotations

from enum import StrEnum

from sagac.dsl.graph import SagaGraph

from .events import Listening, events_dot, events_mermaid
from .flow import flow_dot
from .mermaid import flow_mermaid, sequence_mermaid, state_mermaid
from .render import render
from .sequence import sequence_dot
from .state import state_dot
from .story import Story


class Format(StrEnum):
    """How a picture is written; svg and png need a dot engine."""

    SVG = "svg"
    PNG = "png"
    MERMAID = "mermaid"
    DOT = "dot"


def draw_state(graph: SagaGraph, format: Format) -> bytes:
    """The state machine. Raises EngineMissingError or EngineFailedError for svg and png."""
    return (
        state_mermaid(graph).encode()
        if format is Format.MERMAID
        else _made(state_dot(graph), format)
    )


def draw_flow(graph: SagaGraph, format: Format) -> bytes:
    """The flow by teams. Raises as ``draw_state``."""
    return (
        flow_mermaid(graph).encode() if format is Format.MERMAID else _made(flow_dot(graph), format)
    )


def draw_sequence(told: Story, format: Format) -> bytes:
    """One played path. Raises as ``draw_state``."""
    if format is Format.MERMAID:
        return sequence_mermaid(told).encode()
    return _made(sequence_dot(told), format)


def draw_events(plan: Listening, format: Format) -> bytes:
    """Who listens to whom. Raises as ``draw_state``."""
    if format is Format.MERMAID:
        return events_mermaid(plan).encode()
    return _made(events_dot(plan), format)


def _made(dot: str, format: Format) -> bytes:
    return dot.encode() if format is Format.DOT else render(dot, format.value)
