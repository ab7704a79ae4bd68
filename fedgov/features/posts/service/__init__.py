"""What can be done with posts; the only place that changes them."""
