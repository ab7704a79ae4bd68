"""``python -m fedgov`` and the ``fedgov`` command."""

from fedgov.cli.main import main

if __name__ == "__main__":
    main()
