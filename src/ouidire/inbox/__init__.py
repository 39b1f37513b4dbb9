"""What the faces ask: conversations as a member may see them, and what a member may do with them."""
