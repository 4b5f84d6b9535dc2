"""How a moderator is told of what waits: by mail, as often as he likes, and by a feed at a secret address."""
