#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tierchain_fuzz::fuzz_channel(bytes));
