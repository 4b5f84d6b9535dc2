"""The owners' pages of sites: what a site is called and takes, where it stands, its tokens, and its move elsewhere."""
