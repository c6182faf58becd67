"""What to do: the ordered hops from the running release to a target.

``plan`` holds the nouns and their stored form, ``planner`` decides (pure), ``explain`` puts a plan
into words, ``comparison`` how one differs from another, and ``estimate`` says how long it should
take. A plan is made once and carried out as it is; nothing here acts, waits or asks for the
time. Start with ``plan.py``.
"""
