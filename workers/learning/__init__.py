"""Learning from a site's own decisions: in a process of its own that ends, the only one that loads scikit-learn."""
