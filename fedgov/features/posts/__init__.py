"""Posts, replies, polls, likes and shares."""
