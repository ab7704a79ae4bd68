"""Threads that sign with RSA, so that the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from fedgov.kernel.errors import UnreachableError

Headers = dict[str, str]

THREADS: Final = 2
MOST_TOGETHER: Final = 8


@dataclass(frozen=True, slots=True)
class _Job:
    sign: Callable[[], Headers]
    signed: asyncio.Future[Headers]


class Signers:
    """Signs in threads; what waits when one is free goes to it together.

    Handing work to a thread and back costs half of what signing itself does.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fedgov-signer")
        self._waiting: deque[_Job] = deque()
        self._free = THREADS

    async def run(self, sign: Callable[[], Headers]) -> Headers:
        """Return what a function that signs returns; it raises what that raises.

        Raises:
            UnreachableError: The threads are closed: we are stopping.
        """
        loop = asyncio.get_running_loop()
        job = _Job(sign=sign, signed=loop.create_future())
        self._waiting.append(job)
        if len(self._waiting) == 1:
            loop.call_soon(self._hand_out)  # not at once: others may come in the same moment
        return await job.signed

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False)

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            share = min(math.ceil(len(self._waiting) / self._free), MOST_TOGETHER)
            jobs = [self._waiting.popleft() for _ in range(share)]
            try:
                work = asyncio.get_running_loop().run_in_executor(self._threads, _sign_all, jobs)
            except RuntimeError as error:  # the threads are shut down
                _tell(jobs, [UnreachableError("this server is stopping", detail=str(error))] * share)
                continue
            self._free -= 1
            work.add_done_callback(lambda done, jobs=jobs: self._hand_back(jobs, done))  # type: ignore[misc]

    def _hand_back(self, jobs: Sequence[_Job], done: asyncio.Future[list[Headers | Exception]]) -> None:
        self._free += 1
        _tell(jobs, done.result())
        self._hand_out()


def _sign_all(jobs: Sequence[_Job]) -> list[Headers | Exception]:
    return [_sign(job) for job in jobs]


def _sign(job: _Job) -> Headers | Exception:
    try:
        return job.sign()
    except Exception as error:  # told to whoever asked; the others get their signatures
        return error


def _tell(jobs: Sequence[_Job], results: Sequence[Headers | Exception]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if job.signed.done():  # whoever waited was cancelled
            continue
        if isinstance(result, Exception):
            job.signed.set_exception(result)
        else:
            job.signed.set_result(result)
