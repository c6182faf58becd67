"""A component that runs and does no work."""

import signal

signal.pause()
