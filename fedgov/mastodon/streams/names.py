"""The addresses of streams."""

from __future__ import annotations

from typing import Final

ROOT: Final = "/api/v1/streaming"
WORDS: Final = {
    "user": "Watch your home timeline and notifications.",
    "user:notification": "Watch your notifications.",
    "public": "Watch the federated timeline.",
    "public:local": "Watch the local timeline.",
    "public:remote": "Watch for remote statuses.",
    "hashtag": "Watch the public timeline for a hashtag.",
    "hashtag:local": "Watch the local timeline for a hashtag.",
    "list": "Watch for list updates.",
    "direct": "Watch for direct messages.",
}
"""What each channel with an address of its own shows."""
STREAMS: Final = {f"{ROOT}/{name.replace(':', '/')}": name for name in WORDS}
"""The channel that each address shows, to an event stream and to a WebSocket alike."""
