"""What a report says in sentences: conclusions, significance, warnings, provenance."""
