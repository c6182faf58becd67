"""The way to the present form, step by step; a module is never changed after its release."""
