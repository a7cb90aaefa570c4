//! What a server reads from a client.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_protocol_fuzz::client_message(bytes));
