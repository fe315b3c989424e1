"""What people say of a picture, and how words become tokens."""
