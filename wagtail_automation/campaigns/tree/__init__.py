"""The campaign tree: one flat stream of steps, its validation and its editor."""
