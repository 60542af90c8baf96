"""What moves on the page: the numbers that its script works with."""
