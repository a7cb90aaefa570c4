//! A journal's file, byte by byte.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_simulation_fuzz::journal(bytes));
