"""What is removed after a while, and what stays until its owner deletes it."""
