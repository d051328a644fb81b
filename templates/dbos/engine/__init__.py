"""The part of the generated code that is the same for every saga."""

from .codec import DecodeError, decode, encode
from .contract import (
    Action,
    Answer,
    Because,
    Call,
    Compensation,
    Definition,
    Done,
    End,
    Event,
    Failure,
    Lock,
    Mark,
    Never,
    Nothing,
    NotYet,
    Policy,
    Refusal,
    Retry,
    Tx,
)
from .engine import Engine, Run, SagaExists
from .saga import Saga
from .store import open_store

__all__ = [
    "Action",
    "Answer",
    "Because",
    "Call",
    "Compensation",
    "DecodeError",
    "Definition",
    "Done",
    "End",
    "Engine",
    "Event",
    "Failure",
    "Lock",
    "Mark",
    "Never",
    "NotYet",
    "Nothing",
    "Policy",
    "Refusal",
    "Retry",
    "Run",
    "Saga",
    "SagaExists",
    "Tx",
    "decode",
    "encode",
    "open_store",
]
