"""Our results in the layouts of the papers' tables, as text and as LaTeX."""
