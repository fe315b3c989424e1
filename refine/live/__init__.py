"""Live results: what the finished sessions say while the study runs.

Knows: rows in memory, background fits, downloads. Does not know: any statistic (analysis), or how anything looks (ui).
"""
