"""The networks, what they read and write, and how they are kept."""
