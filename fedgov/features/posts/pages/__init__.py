"""The pages of this room: writing, reading and answering posts, and the lists of them."""
