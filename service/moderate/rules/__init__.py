"""A site's rules: their list, what one would have decided before it is saved, what it let in, and all of that back."""
