"""The flow of a session: its steps, its state, who is assigned what, what may be written.

Knows: rules. Does not know: where anything is kept, or how it is shown.
"""
