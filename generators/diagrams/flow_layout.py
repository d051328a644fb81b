"""Places for a flow: lanes side by side, ranks from top to bottom, lines between the boxes.

Lines run downwards beside the boxes, in channels on the left of a lane, and across only in the gaps
between ranks, so that no line passes through a box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .canvas import Point
from .flow_graph import Edge, Flow, Node

LANE_PAD, TRACK_GAP, CHANNEL, LOOP = 18.0, 34.0, 14.0, 18.0
GAP, LEVEL, LINE = 30.0, 9.0, 13.0


class Size(NamedTuple):
    """How large a node is drawn."""

    width: float
    height: float


class Lane(NamedTuple):
    """A team's column."""

    team: str
    left: float
    right: float


class Route(NamedTuple):
    """The points of an edge, and where its label begins."""

    edge: Edge
    points: tuple[Point, ...]
    label: Point


class Layout:
    """Finds the places; ``sizes`` by node id, ``labels`` the lines of the label of each edge."""

    def __init__(
        self, flow: Flow, sizes: Mapping[str, Size], labels: Mapping[Edge, int], top: float
    ) -> None:
        self._flow = flow
        self._sizes = sizes
        self._labels = labels
        self._nodes = {node.id: node for node in flow.nodes}
        self.rank = _ranks(flow)
        self._track = self._tracks()
        self._straight = {edge for edge in self._forward() if self._is_straight(edge)}
        self._channel = self._channels()
        self.lanes = self._lanes()
        self._x = self._columns()
        self._level: dict[tuple[int, str], int] = {}
        self._depth = self._levels()
        self._top = self._rank_tops(top)
        self.bottom = self._top[-1]

    def centre(self, id: str) -> Point:
        """The middle of a node."""
        rank = self.rank[id]
        return Point(self._x[id], self._top[rank] + self._rank_height(rank) / 2)

    def routes(self) -> list[Route]:
        """All edges but those aside, in the order of the flow."""
        loops = [edge for edge in self._flow.edges if edge.again]
        return [
            self._loop(edge, loops.index(edge)) if edge.again else self._route(edge)
            for edge in self._flow.edges
        ]

    def _forward(self) -> Iterable[Edge]:
        return (edge for edge in self._flow.edges if not edge.again)

    def _tracks(self) -> dict[str, int]:
        """The column of a node inside its lane: that of the node before it if that is free."""
        before = defaultdict(list)
        for edge in self._forward():
            before[edge.target].append(edge.source)
        track: dict[str, int] = {}
        taken: set[tuple[str, int, int]] = set()
        asides = {edge.target for edge in self._flow.edges if edge.aside}
        for node in sorted(self._flow.nodes, key=lambda e: (self.rank[e.id], e.id in asides)):
            rank = self.rank[node.id]
            same = [track[s] for s in before[node.id] if self._nodes[s].team == node.team]
            wished = [*(min(same, default=0),), *range(len(self._nodes))]
            found = next(each for each in wished if (node.team, rank, each) not in taken)
            track[node.id] = found
            taken.add((node.team, rank, found))
        return track

    def _is_straight(self, edge: Edge) -> bool:
        source, target = self._nodes[edge.source], self._nodes[edge.target]
        place = (source.team, self._track[source.id])
        if place != (target.team, self._track[target.id]):
            return False
        between = range(self.rank[source.id] + 1, self.rank[target.id])
        return not any(
            self.rank[node.id] in between and (node.team, self._track[node.id]) == place
            for node in self._flow.nodes
        )

    def _is_long(self, edge: Edge) -> bool:
        far = self.rank[edge.target] - self.rank[edge.source] > 1
        return far and edge not in self._straight

    def _channels(self) -> dict[str, int]:
        """For each target of long edges its channel, in the lane of the target."""
        spans: dict[str, int] = {}
        for edge in self._forward():
            if self._is_long(edge):
                rank = self.rank[edge.source]
                spans[edge.target] = min(rank, spans.get(edge.target, rank))
        channel: dict[str, int] = {}
        used: list[tuple[str, int, int, int]] = []
        for target in sorted(spans, key=lambda each: (spans[each], self.rank[each], each)):
            team, first, last = self._nodes[target].team, spans[target], self.rank[target]
            clash = {c for t, c, a, b in used if t == team and a < last and first < b}
            channel[target] = next(n for n in range(len(used) + 1) if n not in clash)
            used.append((team, channel[target], first, last))
        return channel

    def _lanes(self) -> tuple[Lane, ...]:
        lanes = []
        left = 0.0
        for team in self._flow.teams:
            width = self._lane_width(team)
            lanes.append(Lane(team, left, left + width))
            left += width
        return tuple(lanes)

    def _in_lane(self, team: str) -> list[Node]:
        return [node for node in self._flow.nodes if node.team == team]

    def _lane_width(self, team: str) -> float:
        tracks = 1 + max(self._track[node.id] for node in self._in_lane(team))
        return (
            2 * LANE_PAD
            + self._left_room(team)
            + tracks * (self._track_width(team) + TRACK_GAP)
            - TRACK_GAP
            + self._loop_room(team)
        )

    def _track_width(self, team: str) -> float:
        return max(self._sizes[node.id].width for node in self._in_lane(team))

    def _left_room(self, team: str) -> float:
        used = [n for target, n in self._channel.items() if self._nodes[target].team == team]
        return (max(used) + 1) * CHANNEL if used else 0.0

    def _loop_room(self, team: str) -> float:
        loops = [e for e in self._flow.edges if e.again and self._nodes[e.target].team == team]
        return LOOP * len(loops)

    def _columns(self) -> dict[str, float]:
        lefts = {lane.team: lane.left for lane in self.lanes}
        columns = {}
        for node in self._flow.nodes:
            wide = self._track_width(node.team)
            left = lefts[node.team] + LANE_PAD + self._left_room(node.team)
            columns[node.id] = left + self._track[node.id] * (wide + TRACK_GAP) + wide / 2
        return columns

    def _channel_x(self, target: str) -> float:
        team = self._nodes[target].team
        left = next(lane.left for lane in self.lanes if lane.team == team)
        return left + LANE_PAD - 4 + self._channel[target] * CHANNEL

    def _levels(self) -> list[int]:
        """Gives each horizontal line its height in the gap below a rank; how many each gap has."""
        spans: dict[tuple[int, str], list[float]] = defaultdict(list)
        for edge in self._forward():
            if edge in self._straight:
                continue
            gap, start, end = self.rank[edge.source], self._x[edge.source], self._x[edge.target]
            if self._is_long(edge):
                channel = self._channel_x(edge.target)
                spans[gap, _line(edge)] += [start, channel]
                spans[self.rank[edge.target] - 1, f">{edge.target}"] += [channel, end]
            else:
                spans[gap, _line(edge)] += [start, end]
        depth = [0] * (max(self.rank.values()) + 1)
        for gap, key in sorted(spans, key=lambda each: (each[0], each[1][0] == ">", each[1])):
            self._level[gap, key] = self._free_level(spans, gap, key)
            depth[gap] = max(depth[gap], self._level[gap, key] + 1)
        return depth

    def _free_level(self, spans: Mapping[tuple[int, str], list[float]], gap: int, key: str) -> int:
        low, high = min(spans[gap, key]) - 6, max(spans[gap, key]) + 6
        clash = {
            level
            for (other, name), level in self._level.items()
            if other == gap and min(spans[gap, name]) < high and low < max(spans[gap, name])
        }
        return next(n for n in range(len(clash) + 1) if n not in clash)

    def _rank_height(self, rank: int) -> float:
        return max(self._sizes[id].height for id, at in self.rank.items() if at == rank)

    def _rank_tops(self, top: float) -> list[float]:
        tops = [top]
        for rank in range(max(self.rank.values()) + 1):
            lines = [
                count
                for edge, count in self._labels.items()
                if count and self._label_gap(edge) == rank
            ]
            gap = GAP + LEVEL * max(0, self._depth[rank] - 1) + LINE * max(lines, default=0)
            tops.append(tops[-1] + self._rank_height(rank) + gap)
        return tops

    def _label_gap(self, edge: Edge) -> int:
        """The gap that holds the label, which stands where the line turns downwards."""
        return -1 if edge.again else self.rank[edge.source]

    def _across(self, gap: int, key: str = "") -> float:
        level = self._level.get((gap, key), 0)
        return self._top[gap] + self._rank_height(gap) + 12 + LEVEL * level

    def _route(self, edge: Edge) -> Route:
        rank = self.rank[edge.source]
        source, target = self.centre(edge.source), self.centre(edge.target)
        start = Point(source.x, source.y + self._sizes[edge.source].height / 2)
        end = Point(target.x, target.y - self._sizes[edge.target].height / 2)
        if edge in self._straight:
            below = self._across(rank) + LEVEL * (self._depth[rank] - 1) + 2
            return Route(edge, (start, end), Point(start.x + 5, below))
        y = self._across(rank, _line(edge))
        if not self._is_long(edge):
            points = (start, Point(start.x, y), Point(end.x, y), end)
            return Route(edge, points, Point(end.x + 5, y + 2))
        channel = self._channel_x(edge.target)
        last = self._across(self.rank[edge.target] - 1, f">{edge.target}")
        turns = (Point(start.x, y), Point(channel, y), Point(channel, last), Point(end.x, last))
        return Route(edge, (start, *turns, end), Point(channel + 5, y + 2))

    def _loop(self, edge: Edge, number: int) -> Route:
        source, target = self.centre(edge.source), self.centre(edge.target)
        beside = self._track_width(self._nodes[edge.target].team) / 2 + 16 + 9 * (number % 2)
        x = max(source.x, target.x) + beside  # between two tracks, where no box is
        start = Point(source.x + self._sizes[edge.source].width / 2, source.y)
        end = Point(target.x + self._sizes[edge.target].width / 2, target.y)
        points = (start, Point(x, start.y), Point(x, end.y), end)
        return Route(edge, points, Point(start.x + 6, start.y - 15))


def _line(edge: Edge) -> str:
    """Edges of one line across a gap: those of a source, but the one aside stands alone."""
    return f"{edge.source}~" if edge.aside else edge.source


def _ranks(flow: Flow) -> dict[str, int]:
    """The row of each node: one below the lowest node before it."""
    rank = {node.id: 0 for node in flow.nodes}
    before = defaultdict(list)
    for edge in flow.edges:
        if not edge.again:
            before[edge.target].append(edge.source)
    for node in flow.nodes:  # a node stands after all that come before it
        rank[node.id] = 1 + max((rank[each] for each in before[node.id]), default=-1)
    return rank
