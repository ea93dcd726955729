"""Files: the card, and how a file is written."""
