"""What a person here gets to see, a page at a time."""
