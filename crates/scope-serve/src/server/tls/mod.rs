//! TLS of the server: certificates, the one it makes itself, those of clients. Which connections get it is the listener's business.

mod client;

pub use client::ClientCertificate;
