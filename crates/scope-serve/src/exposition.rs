//! Figures in the text format of Prometheus.

use std::fmt::Write as _;

/// What kind of figure a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only rises.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// Figures being written.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    /// Writes a family: all figures of one name, each with its labels. A family without figures is left out.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str, rows: Vec<(Vec<(&str, String)>, f64)>) {
        if rows.is_empty() {
            return;
        }
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            self.0.push_str(name);
            for (at, (label, text)) in labels.iter().enumerate() {
                self.0.push(if at == 0 { '{' } else { ',' });
                let _ = write!(self.0, "{label}=\"");
                self.escape(text);
                self.0.push('"');
            }
            let end = if labels.is_empty() { "" } else { "}" };
            let _ = writeln!(self.0, "{end} {value}");
        }
    }

    /// The value of a label: what the format gives a meaning is escaped, whoever chose the text.
    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                c => self.0.push(c),
            }
        }
    }

    /// Everything written.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_labels_stay_within_their_quotes() {
        let mut out = Exposition::default();
        let name = "a\"} 1\n# TYPE b counter\\".to_owned();
        out.family("container_last_seen", Kind::Gauge, "Last seen.", vec![(vec![("name", name)], 2.5), (Vec::new(), 1e12)]);
        let text = out.into_text();
        assert_eq!(
            text,
            "# HELP container_last_seen Last seen.\n# TYPE container_last_seen gauge\n\
             container_last_seen{name=\"a\\\"} 1\\n# TYPE b counter\\\\\"} 2.5\ncontainer_last_seen 1000000000000\n"
        );
    }

    #[test]
    fn a_family_without_figures_is_left_out() {
        let mut out = Exposition::default();
        out.family("x", Kind::Counter, "X.", Vec::new());
        assert_eq!(out.into_text(), "");
    }
}
