"""Pages of the monthly return, by who uses them."""
