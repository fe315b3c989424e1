"""What can be in a picture, and how it is composed."""
