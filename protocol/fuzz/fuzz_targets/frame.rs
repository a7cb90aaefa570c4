//! A connection's state frames, as a client reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_protocol_fuzz::frame(bytes));
