"""What all styles share: the contract of handlers, JSON data and back, databases, the ledger."""

from .codec import DecodeError, decode, encode
from .contract import (
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

__all__ = [
    "Action",
    "Answer",
    "Call",
    "DecodeError",
    "Done",
    "Failure",
    "Lock",
    "Never",
    "NotYet",
    "Nothing",
    "Policy",
    "Refusal",
    "Retry",
    "Tx",
    "decode",
    "encode",
]
