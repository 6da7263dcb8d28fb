"""The program that connects everything; its version is the one of `setup.cfg`."""

VERSION = "0.1.0"
