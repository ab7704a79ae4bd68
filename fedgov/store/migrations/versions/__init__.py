"""One file per schema version, forward only."""
