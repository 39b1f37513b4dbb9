"""The nouns, and the rules that need nothing else. Imports nothing of ours."""
