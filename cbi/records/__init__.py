"""The records of the standard, one module per tracciato, declared field by field and nothing else."""
