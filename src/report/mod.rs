//! A recorded run and its verdict as files. Pure.
