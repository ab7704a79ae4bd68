"""The name plate of a room: all that the rest of the house may know about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import click
from quart import Blueprint

from fedgov.federation.dispatch import Handler, Keeper
from fedgov.instance import Instance
from fedgov.store.transaction import Listener

T = TypeVar("T")


class Entrance(Protocol):
    """What a command gets as its context object (``@click.pass_obj``)."""

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        """Open the instance that was named with ``-i``, do the work, close it and return the result.

        A refusal from the error tree ends the command with its plain words and exit status 1.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that a room does now and then.

    Args:
        name: For the log.
        every: Milliseconds between two runs.
        run: Does it, in as many transactions as are short.
    """

    name: str
    every: int
    run: Callable[[Instance], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room.

    Args:
        name: Name of the folder.
        handlers: What to do with an activity, by (activity type, object type); ``"*"`` for any other object type.
        keepers: How to store an object that was fetched from its origin, by object type; ``"*"`` for any other.
        listeners: What to add to a transaction when another room tells of an event, by type of event.
        pages: Makes the Quart blueprint; None for a room without pages.
        commands: Commands for the command line.
        jobs: Work to do now and then.
    """

    name: str
    handlers: Mapping[tuple[str, str], Handler] = field(default_factory=dict)
    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    listeners: Mapping[type, Sequence[Listener]] = field(default_factory=dict)
    pages: Callable[[], Blueprint] | None = None
    commands: Sequence[click.Command] = ()
    jobs: Sequence[Job] = ()
