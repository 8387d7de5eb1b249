//! What may be asked: one SELECT over the tables of the view. Polars also knows functions that read files; they are refused here, in the syntax tree,
//! before it sees the text.

use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, SetExpr, Statement, TableFactor, Visit, Visitor};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserOptions};

/// Longest text of a question, in bytes.
const TEXT_BYTES: usize = 64 << 10;
/// Deepest nesting of a question.
const DEPTH: usize = 64;

/// Why a question is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is longer than any sane one.
    #[error("it is longer than {TEXT_BYTES} bytes")]
    TooLong,
    /// It is not SQL.
    #[error("{0}")]
    Syntax(String),
    /// It is not one statement.
    #[error("there are {0} statements; one SELECT is taken")]
    Statements(usize),
    /// It is something else than a SELECT.
    #[error("only SELECT is taken")]
    NotSelect,
    /// It names a table that is not there.
    #[error("there is no table `{name}`: there are {known}")]
    Table {
        /// The name, escaped and cut.
        name: String,
        /// The tables there are.
        known: String,
    },
    /// It calls a function where a table is expected; such functions read files.
    #[error("functions as tables are not taken: `{0}`")]
    Function(String),
}

/// Whether `sql` is one SELECT over `tables` and what it names itself by WITH.
pub(super) fn check(sql: &str, tables: &[&str]) -> Result<(), Refused> {
    if sql.len() > TEXT_BYTES {
        return Err(Refused::TooLong);
    }
    let syntax = |error: sqlparser::parser::ParserError| Refused::Syntax(shown(&error.to_string()));
    // The dialect and the options are those of polars, so that both read the same tree.
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let statements = Parser::new(&GenericDialect {})
        .with_options(options)
        .with_recursion_limit(DEPTH)
        .try_with_sql(sql)
        .map_err(syntax)?
        .parse_statements()
        .map_err(syntax)?;
    let [statement] = statements.as_slice() else { return Err(Refused::Statements(statements.len())) };
    if !matches!(statement, Statement::Query(_)) {
        return Err(Refused::NotSelect);
    }
    let mut names = Names { tables, own: Vec::new() };
    match statement.visit(&mut names) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refused) => Err(refused),
    }
}

struct Names<'a> {
    tables: &'a [&'a str],
    /// What WITH names.
    own: Vec<String>,
}

impl Visitor for Names<'_> {
    type Break = Refused;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refused> {
        self.own.extend(query.with.iter().flat_map(|with| &with.cte_tables).map(|table| table.alias.name.value.clone()));
        if reads(&query.body) { ControlFlow::Continue(()) } else { ControlFlow::Break(Refused::NotSelect) }
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Refused> {
        if matches!(statement, Statement::Query(_)) { ControlFlow::Continue(()) } else { ControlFlow::Break(Refused::NotSelect) }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Refused> {
        match factor {
            TableFactor::Table { args: None, .. } | TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            other => ControlFlow::Break(Refused::Function(shown(&other.to_string()))),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Refused> {
        let name = match relation.0.as_slice() {
            [part] => part.as_ident().map(|ident| ident.value.as_str()),
            _ => None,
        };
        match name {
            Some(name) if self.tables.contains(&name) || self.own.iter().any(|own| own == name) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(Refused::Table { name: shown(&relation.to_string()), known: self.tables.join(", ") }),
        }
    }
}

/// Whether a query's body only reads.
fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(_) | SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        _ => false,
    }
}

/// Text from the question, fit for a message.
fn shown(text: &str) -> String {
    scope_core::limits::cut(&text.escape_debug().to_string(), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: [&str; 2] = ["nodes", "edges"];

    #[test]
    fn takes_selects_over_the_tables() {
        for sql in [
            "SELECT * FROM nodes",
            "select name, cpu_pct from nodes where cpu_pct > 5 order by 2 desc limit 3;",
            "WITH busy AS (SELECT * FROM nodes) SELECT count(*) FROM busy b JOIN edges e ON b.id = e.\"from\"",
            "SELECT 1 UNION ALL SELECT 2",
            "SELECT * FROM (SELECT id FROM nodes) x WHERE id IN (SELECT \"to\" FROM edges)",
        ] {
            assert_eq!(check(sql, &TABLES), Ok(()), "{sql}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for sql in [
            "",
            "SELECT * FROM nodes; SELECT 1",
            "DROP TABLE nodes",
            "CREATE TABLE x AS SELECT * FROM nodes",
            "DELETE FROM nodes",
            "INSERT INTO nodes SELECT * FROM nodes",
            "EXPLAIN SELECT * FROM nodes",
            "SHOW TABLES",
            "SELECT * FROM read_csv('/etc/passwd')",
            "SELECT * FROM read_parquet('x')",
            "SELECT * FROM (SELECT * FROM read_ipc('x')) y",
            "SELECT id FROM nodes WHERE id IN (SELECT a FROM read_json('x'))",
            "WITH a AS (SELECT * FROM read_csv('x')) SELECT * FROM a",
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM other",
            "SELECT * FROM public.nodes",
            "SELECT * INTO x FROM nodes",
            "TABLE nodes",
            "SELECT * FROM UNNEST([1]) x",
        ] {
            assert!(check(sql, &TABLES).is_err(), "{sql}");
        }
        assert_eq!(check(&" ".repeat(TEXT_BYTES + 1), &TABLES), Err(Refused::TooLong));
        assert!(check(&format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000)), &TABLES).is_err());
    }
}
