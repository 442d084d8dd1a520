"""What `obverse data` does, a module a command."""
