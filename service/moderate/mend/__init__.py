"""More than yes and no: an item is edited, answered, moved, noted about and erased, each on a page of its own."""
