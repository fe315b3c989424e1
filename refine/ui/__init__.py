"""The page.

Knows: Gradio, HTML, what a screen looks like. Does not know: the rules of the study (it asks) or where data is kept.
"""
