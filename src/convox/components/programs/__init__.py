"""Each module is a whole program: run as ``python -I -S FILE HOME``, standard library only."""
