"""What a model has that can't be exported."""


class Unsupported(Exception):
    """What a model has that can't be exported, as a sentence."""
