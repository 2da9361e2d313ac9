"""A terminal for the program to draw on."""

import fcntl
import os
import pty
import struct
import termios

from program import PATIENCE, wait_until


class Terminal:
    """A pseudo terminal of 80 columns; what is written to it can be read while it is written."""

    def __init__(self):
        self.keyboard, self.screen = pty.openpty()
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.set_blocking(self.keyboard, False)
        self.text = b""

    def read(self):
        try:
            while chunk := os.read(self.keyboard, 65536):
                self.text += chunk
        except (BlockingIOError, OSError):
            pass
        return self.text

    def shows(self, text, patience=PATIENCE):
        wait_until(
            lambda: text in self.read(),
            f"{text!r} on the terminal, which shows {self.text[-300:]!r}",
            patience,
        )

    def close(self):
        os.close(self.keyboard)
        os.close(self.screen)
