//! Endpoints and addresses: what is read is written so that it reads back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::{Endpoint, Scope, SocketAddress};

fuzz_target!(|text: &str| {
    if let Ok(endpoint) = text.parse::<Endpoint>() {
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
    }
    if let Ok(address) = text.parse::<SocketAddress>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    if let Ok(scope) = text.parse::<Scope>() {
        assert_eq!(scope.to_string(), text);
    }
});
