"""A transformer over what a listener took, in order: SASRec trained with sampled softmax.

encoder    the forward pass in NumPy: what serving and the judge need     network    the same in torch, for training
losses     sampled softmax, full softmax, gBCE, BCE                       batches    windows, buckets, negatives
training   one loop: choose the epochs on held-out items, then refit      validation ndcg@10 while training
together   several processes, started by torchrun                         live       vectors that follow each event

Serving imports `encoder`, `live` and `config`; they know no torch.
"""
