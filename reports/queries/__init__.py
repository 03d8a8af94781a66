"""Questions of the sealing room to the database."""
