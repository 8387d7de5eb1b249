//! A JSON schema as far as the schemas of this project go. A keyword that is not known here fails, so that none is passed over in silence.

use serde_json::Value;

/// Keywords that say nothing about what is valid.
const WORDS_FOR_PEOPLE: [&str; 6] = ["$schema", "$id", "$defs", "title", "description", "examples"];

/// What is wrong with `instance` by `schema`; nothing where it is valid.
pub fn faults(schema: &Value, instance: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, instance, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, instance: &Value, at: &str, faults: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let mut fault = |holds: bool| {
            if !holds {
                faults.push(format!("{at}: {keyword} {wanted}: {instance}"));
            }
        };
        match keyword.as_str() {
            word if WORDS_FOR_PEOPLE.contains(&word) => {}
            "$ref" => {
                let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within the schema");
                check(root, root.pointer(pointer).expect("what is referred to"), instance, at, faults);
            }
            "oneOf" => {
                let all = wanted.as_array().expect("schemas").iter().map(|schema| {
                    let mut found = Vec::new();
                    check(root, schema, instance, at, &mut found);
                    found
                });
                let all: Vec<Vec<String>> = all.collect();
                if all.iter().filter(|found| found.is_empty()).count() != 1 {
                    faults.push(format!("{at}: not one of the alternatives"));
                    // The one that comes nearest says most.
                    faults.extend(all.into_iter().min_by_key(Vec::len).into_iter().flatten());
                }
            }
            "const" => fault(instance == wanted),
            "enum" => fault(wanted.as_array().expect("values").contains(instance)),
            "type" => {
                let types = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
                fault(types.iter().any(|wanted| is(instance, wanted.as_str().expect("a type"))));
            }
            "required" => {
                let names = wanted.as_array().expect("names").iter().filter_map(Value::as_str);
                let missing: Vec<&str> = names.filter(|name| instance.is_object() && instance.get(name).is_none()).collect();
                if !missing.is_empty() {
                    faults.push(format!("{at}: without {}", missing.join(", ")));
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().expect("schemas") {
                    if let Some(instance) = instance.get(name) {
                        check(root, schema, instance, &format!("{at}/{name}"), faults);
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(wanted, &Value::Bool(false), "only `false` is known here");
                let known = schema["properties"].as_object();
                let stray =
                    instance.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| known.is_none_or(|known| !known.contains_key(*name)));
                faults.extend(stray.map(|name| format!("{at}: has {name}")));
            }
            "items" => {
                for (number, instance) in instance.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, instance, &format!("{at}/{number}"), faults);
                }
            }
            "minimum" => fault(instance.as_f64().is_none_or(|value| value >= wanted.as_f64().expect("a number"))),
            "minLength" => fault(instance.as_str().is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().expect("a length"))),
            "maxLength" => fault(instance.as_str().is_none_or(|text| text.chars().count() as u64 <= wanted.as_u64().expect("a length"))),
            "pattern" => fault(instance.as_str().is_none_or(|text| matches_pattern(text, wanted.as_str().expect("a pattern")))),
            "format" => {
                assert_eq!(wanted, "date-time", "only times are known here");
                fault(instance.as_str().is_none_or(|text| text.parse::<scope_core::Timestamp>().is_ok()));
            }
            _ => panic!("the keyword `{keyword}` is not known here"),
        }
    }
}

fn is(instance: &Value, wanted: &str) -> bool {
    match wanted {
        "null" => instance.is_null(),
        "boolean" => instance.is_boolean(),
        "string" => instance.is_string(),
        "number" => instance.is_number(),
        "integer" => instance.is_u64() || instance.is_i64(),
        "array" => instance.is_array(),
        "object" => instance.is_object(),
        _ => panic!("the type `{wanted}` is not known here"),
    }
}

/// The few patterns that are in use, by hand: a package for regular expressions would be more than all of this.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    match pattern {
        "Z$" => text.ends_with('Z'),
        "^[A-Za-z0-9._~-]+$" => !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)),
        "^v[0-9]+[.][0-9]+[.][0-9]+" => {
            let parts: Vec<&str> = text.strip_prefix('v').unwrap_or_default().splitn(3, '.').collect();
            let number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
            parts.len() == 3 && parts.into_iter().all(number)
        }
        _ => panic!("the pattern `{pattern}` is not known here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_what_is_wrong() {
        let schema = json!({
            "$defs": { "name": { "type": "string", "minLength": 2 } },
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": { "a": { "type": ["integer", "null"], "minimum": 0 }, "b": { "type": "array", "items": { "$ref": "#/$defs/name" } } }
        });
        let count = |instance: Value| faults(&schema, &instance).len();
        assert_eq!(count(json!({ "a": 1, "b": ["xx"] })), 0);
        assert_eq!(count(json!({ "a": null })), 0);
        for wrong in [json!({}), json!([]), json!({ "a": -1 }), json!({ "a": 1.5 }), json!({ "a": 1, "b": ["x"] }), json!({ "a": 1, "c": 1 })] {
            assert_eq!(count(wrong.clone()), 1, "{wrong}");
        }
    }
}
