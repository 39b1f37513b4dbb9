"""Matching at scale: invented worlds of up to a million watches, real or invented posts, ours beside its peers."""
