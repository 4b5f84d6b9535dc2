"""What becomes of an item: pure functions of what was known, what was found, the rules and the time."""
