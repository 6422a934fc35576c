//! How fast payloads are generated.

fn main() {}
