"""Backup: unfinished sessions on the Hub, and the way of any session back into the journal.

Knows: what a restart would lose. Does not know: who plays, or what is published (publishing).
"""
