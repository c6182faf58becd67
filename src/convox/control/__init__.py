"""The use-cases: what people ask of a rack, one module a noun.

A use-case is a small class that is given what it needs. It reads and writes records, asks the
engine, and returns a view (``views``); what should run is computed from the records by ``desired``
and made true by the rollout, so that a use-case that changes what runs only changes a record.
``use_cases`` bundles them for the API. Start with ``apps.py``.
"""
