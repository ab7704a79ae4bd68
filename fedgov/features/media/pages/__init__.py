"""What this room shows: files and copies of files, and custom emoji."""
