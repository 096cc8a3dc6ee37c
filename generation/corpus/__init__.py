"""What is read: videos with frames and comments, and the samples made of them."""
