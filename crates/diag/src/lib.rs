//! A diagnostic as data, and its two renderers.
