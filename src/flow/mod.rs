//! Power Automate as an HTTP client, pure: retry policy, concurrency, headers.
//! Knows neither sockets nor clocks.
