"""What `make bench` runs: our numbers next to the llama-index starter's, in one run."""
