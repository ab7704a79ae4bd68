"""The common language: reading and writing ActivityStreams documents. Pure."""
