"""Yes or no, without a database."""
