"""The knowledge base of compounds: what binds IAPs, how tightly, what became of it in patients, and who says so."""
