"""A whole Spotline on this machine: chain, contracts, market, reporters, in one command."""
