"""Finding people and posts."""
