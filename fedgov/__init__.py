"""fedgov: a federated collaboration server for public bodies."""

from importlib.metadata import version

__version__ = version("fedgov")
