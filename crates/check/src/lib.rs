//! Names and types: turns trees into checked packages.
