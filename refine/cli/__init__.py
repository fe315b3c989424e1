"""The command lines, above everything that they put together and run.

Knows: arguments, words on the terminal, exit codes. Does not know: how anything is done.
"""
