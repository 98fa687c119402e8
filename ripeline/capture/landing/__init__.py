"""Landing pages: made of blocks, published as they were seen, and split in two to learn which does better."""
