"""Retry policies as constants of a workflow module: equal ones are one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sagac.dsl.facts import Compensation, ItemFacts
from sagac.dsl.model import Retry, Undo
from sagac.generators import naming
from sagac.generators.layout import Code, call, prefixed
from sagac.generators.naming import Names

from .values import number


@dataclass(frozen=True, slots=True)
class Policy:
    """How an action is called."""

    attempts: int | None
    initial: float
    max: float | None
    backoff: str
    jitter: bool
    timeout: float
    idempotent: bool = True
    fence: bool = True

    def code(self) -> Code:
        """The policy as the engine's class; what is the engine's default is left out."""
        retry = call(
            "Retry",
            attempts=None if self.attempts is None else str(self.attempts),
            initial=None if self.initial == 1 else number(self.initial),
            max=None if self.max is None else number(self.max),
            backoff=None if self.backoff == "exponential" else f'"{self.backoff}"',
            jitter="True" if self.jitter else None,
        )
        return call(
            "Policy",
            retry if retry.items else None,
            timeout=None if self.timeout == 30 else number(self.timeout),
            idempotent=None if self.idempotent else "False",
            fence=None if self.fence else "False",
        )


DEFAULT = Policy(None, 1, None, "exponential", False, 30)


def of_action(facts: ItemFacts) -> Policy:
    """The policy of a step's or undo item's action."""
    return _policy(facts.retry, facts.timeout, facts.idempotent, facts.fence)


def of_undo(undo: Compensation) -> Policy:
    """The policy of a compensation."""
    return _policy(undo.retry, undo.timeout, True, True)


def _policy(retry: Retry, timeout: float, idempotent: bool, fence: bool) -> Policy:
    return Policy(
        retry.attempts,
        retry.initial,
        retry.max,
        retry.backoff,
        retry.jitter == "full",
        timeout,
        idempotent,
        fence,
    )


class Policies:
    """The constants of one module: equal policies are one.

    The most used are STANDARD and FOREVER; the others are named after their first use.
    """

    def __init__(self, used: Iterable[tuple[Policy, str]], names: Names) -> None:
        uses: dict[Policy, str] = {}
        count: Counter[Policy] = Counter()
        for policy, user in used:
            uses.setdefault(policy, user)
            count[policy] += 1
        self._names: dict[Policy, str] = {}
        forever = {policy: number for policy, number in count.items() if policy.attempts is None}
        patient = max(forever, key=lambda each: forever[each], default=None)
        usual = count.most_common(1)[0][0] if count else None
        for policy, user in uses.items():
            wanted = f"{naming.constant(user)}_POLICY"
            if policy in (patient, usual):
                wanted = "FOREVER" if policy == patient else "STANDARD"
            self._names[policy] = names.fresh(wanted)

    def name(self, policy: Policy) -> str:
        """The constant of a policy."""
        return self._names[policy]

    def undo_name(self, undo: Compensation) -> str | None:
        """The constant of a compensation's policy, None if it is the engine's default."""
        policy = of_undo(undo)
        return None if policy == DEFAULT else self.name(policy)

    def code(self) -> list[Code]:
        """The constants as assignments."""
        return [prefixed(f"{name} = ", policy.code()) for policy, name in self._names.items()]


def policies_of(all_facts: Iterable[ItemFacts]) -> Iterator[tuple[Policy, str]]:
    """The policies of items and whose they are; not those that the engine has by default."""
    for facts in all_facts:
        if facts.action and not isinstance(facts.item, Undo):
            yield of_action(facts), facts.action
        undo = facts.compensation
        if undo is not None and of_undo(undo) != DEFAULT:
            yield of_undo(undo), undo.action
