"""A conversation as a table and as a sequence picture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sagac.generators.diagrams.story import SAGA, Message, Participant, Story, Tone, Turn

from .state import ENDED
from .talk import Reaction, Said, Talk

_HEAD = ("TIME", "FROM", "EVENT", "TOOK", "TO", "REACTION")


def table(talk: Talk) -> str:
    """The lines of the table, then what is missing."""
    rows = [_HEAD]
    for said in talk.said:
        first = (clock(said.at), said.service, _event(said), took(said.seconds))
        more = said.reactions or (Reaction("", ""),)
        rows.append((*first, more[0].service, _does(more[0])))
        rows += [("", "", "", "", each.service, _does(each)) for each in more[1:]]
    used = range(len(_HEAD) if any(said.reactions for said in talk.said) else 4)
    widths = [max(len(row[column]) for row in rows) for column in used]
    lines = ["  ".join(row[n].ljust(widths[n]) for n in used).rstrip() for row in rows]
    lines += [f"MISSING: {each}" for each in talk.missing]
    return "\n".join([*lines, ""])


def _event(said: Said) -> str:
    around = f" ({said.place})" if "[" in said.place or said.event.startswith(said.outcome) else ""
    known = said.reason and said.reason not in said.event and said.tone == "bad"
    return f"{said.event}{around}{f': {said.reason}' if known else ''}"


def _does(reaction: Reaction) -> str:
    if reaction.answer is None:
        return reaction.does
    return f"{reaction.does}: {reaction.answer} after {took(reaction.seconds)}"


def clock(at: float) -> str:
    """``12:00:01.250``, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


def took(seconds: float | None) -> str:
    """How long something took, as short as it can be said."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def retold(talk: Talk) -> Story:
    """The sequence of what really happened."""
    state = talk.state
    beats = tuple(beat for said in talk.said for beat in _beats(said))
    beats += tuple(Turn(each, Tone.BAD) for each in talk.missing)
    services = dict.fromkeys(said.service for said in talk.said)
    services |= {
        each.service: None for said in talk.said for each in said.reactions if each.answer is None
    }
    middle = Participant(SAGA, talk.middle, "of all services")
    columns = (Participant(name, name, talk.teams.get(name, "")) for name in services)
    since = clock(talk.said[0].at) if talk.said else ""
    return Story(
        title=f"{state.saga} {state.key}",
        subtitle=f"as it happened, since {since} UTC" if since else "nothing was said",
        participants=(middle, *columns),
        beats=beats,
        state=state.state,
        ending=_ending(talk),
    )


def _beats(said: Said) -> Iterator[Message | Turn]:
    text = f"{_event(said)}  {clock(said.at)}"
    tone = Tone(said.tone)
    if said.action is None:
        yield Message(said.service, SAGA, text, tone, alone=True)
        return
    yield Message(SAGA, said.service, said.action, Tone.UNDO if tone is Tone.UNDONE else Tone.GO)
    yield Message(said.service, SAGA, text, tone, answer=True)


def _ending(talk: Talk) -> str:
    state = talk.state
    because = state.because or {}
    why = f", because {because['step'] or 'it'} failed ({because['reason']})" if because else ""
    if state.state in ENDED:
        done = "everything is done" if state.state == "COMPLETED" else "everything is undone"
        return f"{done}{why}"
    return f"at {', '.join(state.at)}{why}"
