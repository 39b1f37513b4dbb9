"""Where the README's numbers come from; each prints a ratio against a peer in the same run."""
