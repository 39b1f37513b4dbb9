"""The past: what members bring in by hand (a file, a text, a link), looked at before, and taken back as a whole."""
