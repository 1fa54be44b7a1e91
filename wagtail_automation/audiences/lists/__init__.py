"""Lists beside their plain membership: those kept by the system, filling one from many people at once."""
