"""PDFs, keys, certificates and seals: knows no school, no form and no database."""
