//! Gateway policy text as positioned documents, effective policies and compiled
//! expressions; lint. Knows neither sockets nor execution.
