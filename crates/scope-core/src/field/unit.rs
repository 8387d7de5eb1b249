//! Units, and ways to show a value.

use std::fmt;

/// The unit of a field. Where a figure has one it is part of the field's name ([`Unit::of_name`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes: `_bytes`.
    Bytes,
    /// Bytes per second: `_bytes_per_sec`.
    BytesPerSecond,
    /// Per cent of one core, 100 for one core busy all the time: `_pct`.
    PercentOfCore,
    /// Per cent of a whole: `_pct`.
    Percent,
    /// Seconds: `_secs`.
    Seconds,
    /// Microseconds: `_us`.
    Micros,
    /// How many there are, or were: `_total` where it only rises.
    Count,
    /// How many a second: `_per_sec`.
    PerSecond,
    /// A figure without a unit, such as a load average, or a number that only names, such as a pid.
    Number,
    /// A point in time: `_at`.
    Time,
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// A list.
    List,
    /// A map from names to values.
    Map,
}

/// How a field is shown. What the words look like is each output's own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Show {
    /// As text.
    Text,
    /// As a figure in its unit.
    Number,
    /// As a figure with a bar, where there is something that it is a part of.
    Bar,
    /// As a figure with its recent course.
    Spark,
    /// As the time that has passed since.
    TimeAgo,
    /// As a list of texts, on one line where there is room for no more.
    List,
    /// As a table of its own: a map, or a list of maps.
    Table,
}

macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it in a `field` record.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }

            /// What a `field` record means by `word`.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(Unit {
    Bytes => "bytes",
    BytesPerSecond => "bytes_per_second",
    PercentOfCore => "percent_of_core",
    Percent => "percent",
    Seconds => "seconds",
    Micros => "micros",
    Count => "count",
    PerSecond => "per_second",
    Number => "number",
    Time => "time",
    Text => "text",
    Bool => "bool",
    List => "list",
    Map => "map",
});

words!(Show {
    Text => "text",
    Number => "number",
    Bar => "bar",
    Spark => "spark",
    TimeAgo => "time_ago",
    List => "list",
    Table => "table",
});

impl Unit {
    /// The unit that the ending of a name states, if it states one. `_pct` is per cent of a whole, unless the registry knows better.
    ///
    /// ```
    /// use scope_core::field::Unit;
    /// assert_eq!(Unit::of_name("queue_bytes"), Some(Unit::Bytes));
    /// assert_eq!(Unit::of_name("queue_bytes_total"), Some(Unit::Bytes));
    /// assert_eq!(Unit::of_name("queue_length"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<Self> {
        let (name, counter) = name.strip_suffix("_total").map_or((name, false), |name| (name, true));
        let endings = [
            ("bytes_per_sec", Self::BytesPerSecond),
            ("per_sec", Self::PerSecond),
            ("bytes", Self::Bytes),
            ("pct", Self::Percent),
            ("secs", Self::Seconds),
            ("us", Self::Micros),
            ("at", Self::Time),
        ];
        let stated = endings.iter().find(|(ending, _)| name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')));
        stated.map(|(_, unit)| *unit).or(counter.then_some(Self::Count))
    }

    /// Whether a field of this name may have this unit: the name states it, or states none and the unit needs none.
    pub fn agrees_with(self, name: &str) -> bool {
        match Self::of_name(name) {
            Some(Self::Percent) => matches!(self, Self::Percent | Self::PercentOfCore),
            Some(stated) => self == stated,
            None => !matches!(self, Self::Bytes | Self::BytesPerSecond | Self::Percent | Self::PercentOfCore | Self::Seconds | Self::Micros | Self::PerSecond),
        }
    }

    /// Whether values of this unit are figures, that can be compared and drawn.
    pub fn is_figure(self) -> bool {
        !matches!(self, Self::Time | Self::Text | Self::Bool | Self::List | Self::Map)
    }

    /// How values of this unit are shown where nothing else is said.
    pub fn default_show(self) -> Show {
        match self {
            Self::Text | Self::Bool => Show::Text,
            Self::Time => Show::TimeAgo,
            Self::List => Show::List,
            Self::Map => Show::Table,
            Self::Percent | Self::PercentOfCore => Show::Bar,
            Self::BytesPerSecond | Self::PerSecond => Show::Spark,
            Self::Bytes | Self::Seconds | Self::Micros | Self::Count | Self::Number => Show::Number,
        }
    }
}
