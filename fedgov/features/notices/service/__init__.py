"""Writing timelines, notifications, bookmarks and markers; the only place that does."""
