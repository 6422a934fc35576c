//! Folders of each layout.
