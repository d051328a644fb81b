"""The lint rules, one a file with its documentation: ``<family>/<code>.py``."""
