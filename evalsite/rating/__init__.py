"""First floor: who judges, and how. Campaigns, raters, assignments, items, judgments."""
