//! The authenticated state: a binary sparse Merkle tree.
