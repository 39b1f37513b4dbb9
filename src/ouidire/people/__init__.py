"""People: how a business begins, and how its members come in."""
