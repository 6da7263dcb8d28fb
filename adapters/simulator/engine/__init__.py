"""The embedded venue without sockets: a Coinbase spot venue in market time."""
