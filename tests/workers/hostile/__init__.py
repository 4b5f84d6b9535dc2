"""A hostile page server and its crowd: every way of being no good source that we know of, all at once."""
