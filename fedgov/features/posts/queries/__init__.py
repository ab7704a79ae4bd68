"""Looking up posts: one by one, in threads, in timelines, and where they went."""
