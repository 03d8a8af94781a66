"""What the synthetic county is made of before its history begins."""
