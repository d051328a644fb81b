"""The meaning of a saga, played: what happens, in which order, for given outcomes of its calls."""
