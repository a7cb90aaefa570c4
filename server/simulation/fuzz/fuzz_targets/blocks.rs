//! What is in a journal's blocks, behind checksums that are right.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_simulation_fuzz::blocks(bytes));
