//! One file's text to a tree; never fails.
