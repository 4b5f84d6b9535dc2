"""The demo blog: an outsider in a process of its own, which knows the service by its address alone.

It serves its pages, finds the service's endpoints by reading its own posts as any sender does, and sends with the
standard library. Of the house it uses what has no state: addresses, clean words, languages.
"""

TOKEN = "DEMO_TOKEN"  # noqa: S105
"""In the environment where the blogs are new: the demo site's token, by which the first pingbacks are approved."""
