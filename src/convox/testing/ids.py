"""Ids that come out the same whenever the seed does."""

import random


class SeededIds:
    """Words that follow from a seed alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def new(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choices(alphabet, k=length))
