"""Iterations and rankings -> results.

Knows: statistics. Does not know: where the rows come from, or how a figure is drawn.
"""
