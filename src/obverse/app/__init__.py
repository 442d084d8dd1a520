"""What people see: reports, conformance, and the command line."""
