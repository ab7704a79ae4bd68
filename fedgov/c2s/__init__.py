"""ActivityPub client to server: the counter for programs that speak ActivityPub; no rule lives here."""
