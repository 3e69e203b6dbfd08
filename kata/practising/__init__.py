"""A student's round: where one stands, the verdict on every save, hints, a fresh start."""
