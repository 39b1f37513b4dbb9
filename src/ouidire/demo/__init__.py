"""A small pretended world: recorded days and loopback networks. The product's first run, and the tests' rig."""
