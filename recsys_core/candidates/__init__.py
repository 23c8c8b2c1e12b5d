"""Candidate models, one file a kind: `item_knn.py` is the kind `item_knn`."""
