"""The networks' door. One folder a network; `registry` finds them, `base` says what each must be."""
