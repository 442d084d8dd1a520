"""Raw captures of venues' own messages, each venue's read by a module of its own."""
