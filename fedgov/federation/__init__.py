"""The post room: everything that comes from and goes to other servers."""
