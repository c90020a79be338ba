"""What scripts/bench is made of. Read it from `command`, which tells the run from end to end."""
