//! Checked trees to IR; after it there is no sugar.
