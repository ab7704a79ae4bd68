"""HTTP signatures, digests, object proofs and keys."""
