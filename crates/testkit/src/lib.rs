//! Fixture runner, golden update, and the incumbent as oracle.
