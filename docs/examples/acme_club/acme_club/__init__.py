"""A trigger, two flow steps, a Liquid object and a Liquid filter of one's own, each in one file."""
