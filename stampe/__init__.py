"""What an office prints and reads: sheets of paper (PDF), pages (HTML), of data that others have gathered."""
