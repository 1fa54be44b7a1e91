"""The kill test: a real cluster killed with -9 at every point of a walk and of a hand-over."""
