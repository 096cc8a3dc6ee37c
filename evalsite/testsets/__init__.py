"""Ground floor: what is judged. Test sets, systems, runs, outputs."""
