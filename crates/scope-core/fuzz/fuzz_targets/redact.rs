//! Redaction: no text panics, answers are bounded, a second redaction changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::redact::{MAX_COMMAND_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES, Redactor};

fuzz_target!(|text: &str| {
    let redactor = Redactor::new();
    let line = redactor.command_line(text).into_owned();
    assert!(line.len() <= MAX_COMMAND_BYTES);
    assert_eq!(redactor.command_line(&line), line);

    let args = redactor.args(text.split('\0'));
    assert!(args.iter().map(|arg| arg.len() + 1).sum::<usize>() <= MAX_COMMAND_BYTES);
    assert_eq!(redactor.args(&args), args);

    let label = redactor.label("app", text).into_owned();
    assert!(label.len() <= MAX_VALUE_BYTES);
    assert_eq!(redactor.label("app", &label), label);

    let (name, value) = redactor.env(text);
    assert!(name.len() <= MAX_NAME_BYTES && value.len() <= MAX_VALUE_BYTES);
});
