"""A status for people: read leniently, judged from outside, shown within 80 columns."""
