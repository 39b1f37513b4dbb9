"""Relate: which story a mention belongs to (what spread from what), and which conversation (one visit)."""
