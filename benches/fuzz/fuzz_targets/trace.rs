//! Movement files, as `trace` reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_benches_fuzz::trace(bytes));
