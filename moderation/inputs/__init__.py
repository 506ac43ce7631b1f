"""What is read from outside: files, rows, fields and archives -> pages."""
