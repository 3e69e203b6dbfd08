"""What a course hands out: stubs and notebooks."""
