"""fedgov: a federated collaboration server for public bodies."""
