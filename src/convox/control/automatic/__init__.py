"""Updates that happen by themselves.

``decide`` says what happens next and why nothing else does, from an ``Outlook`` alone. Begin with
``decide.TABLE``.
"""
