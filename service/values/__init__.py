"""The words that all rooms use: frozen, pure values that import nothing of ours."""
