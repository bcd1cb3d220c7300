#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tierchain_fuzz::fuzz_birth_request(bytes));
