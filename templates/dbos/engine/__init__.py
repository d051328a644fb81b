"""The part of the generated code that is the same for every saga."""

from ...contract.codec import DecodeError, decode, encode
from ...contract.contract import (
    Action,
    Answer,
    Call,
    Done,
    Failure,
    Lock,
    Never,
    Nothing,
    NotYet,
    Policy,
    Refusal,
    Retry,
    Tx,
)
from .definition import Because, Compensation, Definition, End, Event, Mark
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
