"""The overview: a month in plots and numbers, and whether all that works is working."""
