"""Keeps several child processes running: restarts what dies, stops all of them together.

For `manage.py serve`, where one command starts the web server, the worker and the scheduler.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

__all__ = ["Child", "Supervisor"]

TOO_SHORT_SECONDS = 5.0  # a child that lives shorter will not live longer the next time
STOP_SECONDS = 20.0  # for the job at hand to come to its end
POLL_SECONDS = 0.2
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process: its name for messages, its command, and when it was started last."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0


class Supervisor:
    """Starts the children, restarts those that die, and on SIGINT or SIGTERM stops all.

    A child that dies within seconds of its start is not started again: everything is stopped and
    `run` returns 1. Children get a session of their own, so that Ctrl-C reaches only this process,
    which then lets each finish what it is doing.
    """

    def __init__(
        self,
        children: list[Child],
        *,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        is_ready: Callable[[], bool],
        ready: str,
    ) -> None:
        """`ready` is said once, as soon as `is_ready()`; `environment` is the children's whole one."""
        self.children = children
        self.environment = dict(environment)
        self.say = say
        self.is_ready = is_ready
        self.ready = ready
        self.stopping = False

    def run(self) -> int:
        """Returns when asked to stop (0) or when a child cannot be kept alive (1)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        try:
            for child in self.children:
                self._start(child)
            return self._watch()
        finally:
            self._stop_all()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _watch(self) -> int:
        while not self.stopping:
            for child in self.children:
                if child.process is None or child.process.poll() is None:
                    continue
                _kill_group(child.process)
                lived = time.monotonic() - child.started_at
                if lived < TOO_SHORT_SECONDS:
                    self.say(f"The {child.name} stopped right after its start; the lines above say why.")
                    return 1
                self.say(f"The {child.name} stopped (status {child.process.returncode}); starting it again.")
                self._start(child)
            if self.ready and self.is_ready():
                self.say(self.ready)
                self.ready = ""
            time.sleep(POLL_SECONDS)
        return 0

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 - our own commands
            child.command,
            env=self.environment,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )

    def _stop_all(self) -> None:
        running = [c.process for c in self.children if c.process is not None and c.process.poll() is None]
        # TERM is a warm shutdown for Celery: the job at hand is finished.
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for child in self.children:
            if child.process is not None:
                _kill_group(child.process)


def _die_with_parent() -> None:
    # Even when this process is killed with -9, no child stays behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Also what the child has started: a worker's pool outlives a worker that was killed."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
