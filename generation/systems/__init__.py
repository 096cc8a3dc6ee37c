"""Who writes: one file is one system, and the file name is its slug."""
