"""The dry run and the replay: the engine's own planner with a book that writes nothing and a clock that is
only an argument."""
