"""Drawing on request: a service with a queue, and the scales of its scores.

Knows: the queue, models at work, what is kept. Does not know: whose turn it is in a session (study), or what a page shows.
"""
