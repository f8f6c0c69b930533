//! The optimiser: passes over the IR, and their order as data.
