"""Deciding at once about all that a search lists, as a job that a worker does: its start, its progress, its undoing."""
