"""What is wrong with a rack or its machine, and what to do about it.

``gathering`` looks (the only part that touches anything), ``facts`` are what it saw, and each
function of ``host``, ``control``, ``serving`` and ``files`` turns the facts into findings (pure);
``checks`` lists them. The rack may be up or down, and whole or not. Start with ``checks.py``.
"""
