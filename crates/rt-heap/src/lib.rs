//! Pages, size classes, spans, caches, bitmaps, marking and sweeping.
