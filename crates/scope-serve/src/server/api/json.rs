//! Answers in JSON, written where they are computed, so that they can borrow from the state.

use std::io::Write as _;

use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, StatusCode, header};
use serde::{Serialize, Serializer};

use crate::server::coding::takes_gzip;
use crate::server::problem::ProblemDetails;

/// An answer that is written already.
#[derive(Debug)]
pub(super) struct Written(Vec<u8>);

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

impl Written {
    /// The answer, compressed for who takes it so: a long one that is asked for once and says much over again.
    pub(super) fn packed(self, headers: &HeaderMap) -> Response {
        let vary = [(header::VARY, "accept-encoding")];
        if !takes_gzip(headers) {
            return (vary, self).into_response();
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.0.len() / 4), Compression::fast());
        // A list in memory takes everything.
        match encoder.write_all(&self.0).and_then(|()| encoder.finish()) {
            Ok(packed) => (vary, [(header::CONTENT_ENCODING, "gzip")], Self(packed)).into_response(),
            Err(_) => (vary, self).into_response(),
        }
    }
}

/// Writes an answer.
pub(super) fn write(answer: &impl Serialize) -> Result<Written, ProblemDetails> {
    serde_json::to_vec(answer).map(Written).map_err(|error| {
        tracing::error!("an answer could not be written: {error}");
        ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written; the server's log says more")
    })
}

/// Names and values, written as an object.
#[derive(Debug)]
pub(super) struct Pairs<'a, T>(pub(super) Vec<(&'a str, T)>);

impl<T> Pairs<'_, T> {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Pairs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
