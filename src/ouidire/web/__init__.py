"""The pages: a face. It adds words and layout to what `inbox` hands it, and nothing else."""
