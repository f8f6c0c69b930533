//! Ids and indexed tables, interned symbols, source positions, and the System trait for all input and output.
