"""The record: every step of every item, with who, when and why; filtered, a page at a time, and to take away."""
