"""What is wrong with a file: rules, profiles, diagnostics."""
