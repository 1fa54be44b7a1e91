"""Tags: short words that people, campaigns and forms put on leads."""
