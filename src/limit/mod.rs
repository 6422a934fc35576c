//! Rate limits, quotas, concurrency and service protection as pure state
//! machines that take the time as an argument. Knows neither sockets nor clocks.
