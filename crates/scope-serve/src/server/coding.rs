//! Which codings of an answer a client takes.

use http::{HeaderMap, header};

/// Whether an answer may come as gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    takes("gzip", headers)
}

/// Whether an answer may come in this coding.
pub(super) fn takes(coding: &str, headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING);
    all.iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding) || name == "*")
            && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        let with = |text: &'static str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]);
        for takes in ["gzip", "br, GZIP;q=0.5", "*", "deflate,gzip"] {
            assert!(takes_gzip(&with(takes)), "{takes}");
        }
        for refuses in ["", "br", "gzip;q=0", "identity, gzip; q=0"] {
            assert!(!takes_gzip(&with(refuses)), "{refuses}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
        assert!(takes("br", &with("gzip, deflate, br")) && !takes("br", &with("gzip, br;q=0")));
    }
}
