"""What may come in as a file, and in what form it is kept; pure."""
