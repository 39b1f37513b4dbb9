"""Listen: keeps every source's line open, says when one is deaf, and hands batches on."""
