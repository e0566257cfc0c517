"""How good the answers are, and whether a change helped: test set -> predictions -> figures -> report."""
