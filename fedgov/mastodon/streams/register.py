"""Who watches what, in one process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fedgov.kernel.errors import OverLimitError, UnreachableError
from fedgov.mastodon.streams.channels import Channel, Topic
from fedgov.mastodon.streams.stream import Stream

MOST_PER_PERSON: Final = 40
"""Connections of one person at a time: several apps, each with a stream for every column."""
MOST_CHANNELS: Final = 40
"""Channels on one socket."""
MOST: Final = 20_000
"""Connections at a time, whoever they are of."""
COME_BACK: Final = 60.0

Watchers = Mapping[Topic, frozenset[str]]
"""URIs of those who watch a topic."""
Seat = tuple[Stream, Channel]


class Register:
    """All open streams, found by what they show and to whom."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self._seats: dict[Topic, dict[str, tuple[Seat, ...]]] = {}
        self._of_person: dict[str, int] = {}
        self._watchers: Watchers | None = None

    def enter(self, stream: Stream) -> None:
        """Note that a stream is open.

        Raises:
            OverLimitError: This person has too many.
            UnreachableError: There are too many of all.
        """
        mine = self._of_person.get(stream.viewer, 0)
        if mine >= MOST_PER_PERSON:
            raise OverLimitError("Too many open streams", retry_after=COME_BACK)
        if len(self.streams) >= MOST:
            raise UnreachableError("Too many open streams", retry_after=COME_BACK)
        self._of_person[stream.viewer] = mine + 1
        self.streams.add(stream)

    def leave(self, stream: Stream) -> None:
        """Note that a stream is no longer open; it may have left before."""
        if stream not in self.streams:
            return
        for channel in stream.channels:
            self.unwatch(stream, channel)
        self.streams.discard(stream)
        left = self._of_person[stream.viewer] - 1
        if left:
            self._of_person[stream.viewer] = left
        else:
            del self._of_person[stream.viewer]

    def watch(self, stream: Stream, channel: Channel) -> None:
        """Show a channel on a stream from now on; nothing happens when it is shown already.

        Raises:
            OverLimitError: It shows too many already.
        """
        if channel in stream.channels:
            return
        if len(stream.channels) >= MOST_CHANNELS:
            raise OverLimitError("Too many streams on one connection", retry_after=COME_BACK)
        stream.channels = (*stream.channels, channel)
        for topic in channel.topics:
            seats = self._seats.setdefault(topic, {})
            seats[stream.viewer] = (*seats.get(stream.viewer, ()), (stream, channel))
        self._watchers = None

    def unwatch(self, stream: Stream, channel: Channel) -> None:
        """Show a channel on a stream no longer."""
        if channel not in stream.channels:
            return
        stream.channels = tuple(each for each in stream.channels if each != channel)
        for topic in channel.topics:
            seats = self._seats[topic]
            rest = tuple(seat for seat in seats[stream.viewer] if seat[0] is not stream or seat[1] != channel)
            if rest:
                seats[stream.viewer] = rest
            else:
                del seats[stream.viewer]
            if not seats:
                del self._seats[topic]
        self._watchers = None

    def watchers(self) -> Watchers:
        """Return who watches what now; the answer does not change any more."""
        if self._watchers is None:
            self._watchers = {topic: frozenset(seats) for topic, seats in self._seats.items()}
        return self._watchers

    def seats(self, topic: Topic, viewers: Iterable[str]) -> list[Seat]:
        """Return the streams on which some people watch a topic, each with the channel that shows it there."""
        seats = self._seats.get(topic, {})
        return [seat for viewer in viewers for seat in seats.get(viewer, ())]
