"""What people can do: accounts, log-ins, profiles, follows, blocks and moves. The only writer of this room."""
