"""The harness: judges a student's file, and proves that the judging can be trusted."""
