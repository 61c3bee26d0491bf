"""Work for workers: functions that another process can import."""

from __future__ import annotations

import os
import signal
import time

from avpi.errors import InputError, NotAnalysed, Problem


def doubled(number: int) -> int:
    return 2 * number


def late_if_first(number: int) -> int:
    """The first task ends after those behind it."""
    time.sleep(0.5 if number == 0 else 0.0)
    return number


def slow(number: int) -> int:
    time.sleep(0.2)
    return number


def refused(number: int) -> int:
    problems = [Problem(file="parameters", place=str(number), what=f"'{name}' is wrong") for name in "ab"]
    raise InputError(problems)


def not_analysed(_: int) -> int:
    code = "no_vehicle_wells"
    raise NotAnalysed(code, "no DMSO wells")


def faulty(number: int) -> float:
    return number / 0


def out_of_time(_: int) -> int:
    """The task's own TimeoutError, which is no sign that we waited too long."""
    message = "of the task itself"
    raise TimeoutError(message)


def deadly(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def large(megabytes: int) -> bytes:
    return bytes(megabytes * 10**6)


def long(number: int) -> int:
    """Longer than anybody who cancels wants to wait."""
    time.sleep(4.0)
    return number
