"""What a world is measured by, and how it is shown."""
