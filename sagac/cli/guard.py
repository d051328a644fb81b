"""The last line of defence: whatever happens in a command becomes an exit code and one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

CLEAN, FINDINGS, USAGE, BUG = range(4)
INTERRUPTED, PIPE_CLOSED = 130, 141  # what a shell shows for SIGINT and SIGPIPE

# module that may be missing -> the extra that brings it
EXTRAS = {
    "dbos": "dbos",
    "faststream": "nats",
    "asyncpg": "postgres",
    "psycopg": "postgres",
    "temporalio": "temporal",
}


def guarded(action: Callable[[], object]) -> int:
    """Runs ``action``; returns its exit code: what it exits with or returns as an int, else 0."""
    _tolerate_any_text()
    try:
        code = _with_usage(action)
        _flush()
    except (KeyboardInterrupt, *_of_click("Abort")) as stopped:
        return _interrupted(stopped)
    except BrokenPipeError:
        silence_output()
        return PIPE_CLOSED
    except OSError as error:
        return _system_refused(error)
    except ModuleNotFoundError as error:
        return _missing_module(error)
    except Exception as error:
        return _bug(error)
    return code


def _with_usage(action: Callable[[], object]) -> int:
    try:
        result = action()
    except _of_click("ClickException") as error:
        error.show()
        return int(error.exit_code)
    except SystemExit as left:
        result = left.code
        if isinstance(result, str):
            say(result)
            return FINDINGS
    return result if isinstance(result, int) else CLEAN


def say(message: str) -> None:
    """A line on stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


def _of_click(name: str) -> tuple[Any, ...]:
    """The exception of click, if click was needed: the plain calls of `lint` do without it."""
    click = sys.modules.get("click")
    return () if click is None else (getattr(click, name),)


def _tolerate_any_text() -> None:
    """An output that cannot show a character shows its escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def silence_output() -> None:
    """What is still in the buffer of stdout goes nowhere, also at the interpreter's exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _system_refused(error: OSError) -> int:
    code = _failed(error, f"sagac: {_reason(error)}", USAGE)
    try:
        sys.stdout.flush()
    except OSError:  # a full disk: the rest cannot be written either
        silence_output()
    return code


def _interrupted(stopped: BaseException) -> int:
    """Ctrl-C is 130; the end of the input where an answer was expected is wrong usage."""
    if isinstance(stopped.__cause__, EOFError):
        say("sagac: the input ended before an answer came")
        return USAGE
    say("sagac: interrupted")
    return INTERRUPTED


def _missing_module(error: ModuleNotFoundError) -> int:
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        return _bug(error)
    message = f"sagac: this needs {error.name}, which is not installed."
    return _failed(error, f"{message} Install it with: pip install 'sagac[{extra}]'", USAGE)


def _bug(error: Exception) -> int:
    text = " ".join(str(error).split())[:200]
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    message = f"sagac: this is a bug in sagac ({what} in {_place(error)})."
    way_out = "Please report it with the file that shows it; SAGAC_TRACEBACK=1 prints the details."
    return _failed(error, f"{message} {way_out}", BUG)


def _failed(error: BaseException, message: str, code: int) -> int:
    if os.environ.get("SAGAC_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    say(message)
    return code


def _place(error: BaseException) -> str:
    """The function of ours that was running, innermost first."""
    place, trace = "sagac", error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == "sagac":
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _reason(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename is not None else what
