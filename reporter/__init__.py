"""The Spotline reporter: fetches exchange prices, computes a median index, signs it and puts it on-chain."""
