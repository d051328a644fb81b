"""The order in which one coordinator takes the items of a list: ``needs``, then the file's."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Item


def in_order(items: Sequence[Item]) -> tuple[Item, ...]:
    """Returns ``items`` so that each stands after what it needs, else in the order of the file.

    An item without ``needs`` follows the one before it in the file. Names that are not in the list
    are passed over; of a cycle (reported elsewhere) the order of the file is kept.
    """
    if all(item.needs is None for item in items):
        return tuple(items)
    position = {item.name.text: index for index, item in enumerate(items)}
    needed: list[list[int]] = []
    for index, item in enumerate(items):
        if item.needs is None:
            needed.append([index - 1] if index else [])
        else:
            needed.append([position[n.text] for n in item.needs if n.text in position])
    done: list[int] = []
    state = [0] * len(items)  # 0 unseen, 1 open, 2 placed
    for start in range(len(items)):
        stack = [start]
        while stack:
            index = stack[-1]
            if state[index] == 2:
                stack.pop()
                continue
            state[index] = 1
            open_needs = [each for each in needed[index] if state[each] == 0]
            if open_needs:
                stack.append(min(open_needs))
                continue
            state[index] = 2
            done.append(index)
            stack.pop()
    return tuple(items[index] for index in done)
