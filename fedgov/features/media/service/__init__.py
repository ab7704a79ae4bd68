"""Adding files, hanging them on posts, copying what others show; the only writer of this room."""
