//! Exact Go constants.
