"""What stands between the network and the page: who calls, how often, and which calls get through.

Knows: HTTP. Does not know: the study, or what a page shows.
"""
