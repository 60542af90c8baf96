"""What a report concludes, in sentences: verdicts, significance, warnings."""
