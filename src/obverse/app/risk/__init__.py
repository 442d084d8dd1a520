"""What a book's accounts can lose: the screens of `obverse risk`."""
