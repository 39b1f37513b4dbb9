"""The door to our people. One file a notifier; `registry` finds them."""
