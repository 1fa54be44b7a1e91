"""What joins apps of the package that never import each other, or the package and other software."""
