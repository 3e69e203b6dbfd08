"""What people and programs read: blocks, boards, failures."""
