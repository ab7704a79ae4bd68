"""The workloads, each in the file of its kind; ``registry`` names them all."""
