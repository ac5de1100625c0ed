"""From findings to repaired files: proven edits, composed; comments that silence."""
