"""Detect: incidents in what was read. One file a detector; `step` asks each of them about every new mention."""
