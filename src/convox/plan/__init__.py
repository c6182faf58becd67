"""What to do: the ordered hops from the running release to a target.

``plan`` holds the nouns and their stored form. ``route`` decides which releases are hopped to, from
the feed's index alone, and ``planner`` what each hop consists of. ``explain`` puts a plan into
words, ``comparison`` how one differs from another, and ``estimate`` says how long it should take.
A plan is made once and carried out as it is; nothing here acts, waits or asks for the time. Start
with ``plan.py``.
"""
