"""The trader's side of the Coinbase Advanced Trade protocol, over sockets or in process."""
