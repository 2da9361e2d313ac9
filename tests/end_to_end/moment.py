"""A random moment of a run, chosen by how far it has come: fast and slow machines come to the same ones."""

import time

from program import SANITIZED, wait_until

START = 0.12 if SANITIZED else 0.02  # seconds in which most of a program's start lies


class Moment:
    """Before the first job, at some point of the start; or a little after so many more jobs have begun."""

    def __init__(self, dice, begun, early, spread):
        self.begun = 0 if early else dice.randint(1, begun)
        self.behind = dice.random() * (START if early else spread)

    def __str__(self):
        return f"{self.behind * 1000:.1f} ms after {self.begun or 'no'} jobs"

    def come(self, begun):
        """Returns in the moment; begun() says how many jobs of the run have begun, or True: no more will."""
        if self.begun:
            wait_until(lambda: begun() is True or begun() >= self.begun, str(self))
        time.sleep(self.behind)  # the moment itself; nothing is waited for
