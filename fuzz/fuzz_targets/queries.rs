#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| timetracks_properties::hold("queries", input));
