"""The command line: works beside a running server, which notices within a second."""
