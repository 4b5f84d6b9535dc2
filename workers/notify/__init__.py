"""Tells people of what waits: a file for each way, by which whoever is due is told."""
