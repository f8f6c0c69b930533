//! Go's types: identity, method sets, sizes; interned, so that equality is an id comparison.
