//! A proven target: addresses, credentials, allowed hosts, and what it offers.
