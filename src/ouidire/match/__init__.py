"""Items to mentions: which organisation and which of its places a post speaks of, with the evidence that says so."""
