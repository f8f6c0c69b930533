//! The part of Go's text/template that formats of `list -f` use: fields, `join`, `len`, `if`, `range`, `with`, `not`,
//! comments and trimming dashes. Anything else is refused by name.

use serde_json::Value;

/// A parsed template.
enum Node {
    Text(String),
    Print(Vec<Word>),
    /// The test, what is shown when it holds, and what when it does not.
    Branch(Kind, Vec<Word>, Vec<Node>, Vec<Node>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    If,
    With,
    Range,
}

/// A word of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// `.A.B`; nothing for the dot alone.
    Path(Vec<String>),
    Text(String),
    Name(String),
}

/// Fills a template with the fields of `data`.
pub(super) fn fill(template: &str, data: &Value) -> Result<String, String> {
    let mut tokens = tokens(template)?.into_iter().peekable();
    let nodes = parse(&mut tokens)?;
    if let Some(Token::Action(action)) = tokens.next() {
        return Err(format!("template: unexpected {{{{{action}}}}}"));
    }
    let mut out = String::new();
    show(&nodes, data, &mut out)?;
    Ok(out)
}

enum Token {
    Text(String),
    Action(String),
}

fn tokens(template: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = template;
    let mut trims_start = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, after) = after.split_once("}}").ok_or("template: unclosed action")?;
        let before = if trims_start { before.trim_start() } else { before };
        let trims_end = action.strip_prefix("- ");
        let before = if trims_end.is_some() { before.trim_end() } else { before };
        let action = trims_end.unwrap_or(action);
        trims_start = action.ends_with(" -");
        let action = action.strip_suffix(" -").unwrap_or(action).trim();
        tokens.push(Token::Text(before.to_owned()));
        if !action.starts_with("/*") {
            tokens.push(Token::Action(action.to_owned()));
        }
        rest = after;
    }
    let rest = if trims_start { rest.trim_start() } else { rest };
    tokens.push(Token::Text(rest.to_owned()));
    Ok(tokens)
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

/// Parses up to an `else` or `end` that belongs to somebody else.
fn parse(tokens: &mut Tokens) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    while let Some(token) = tokens.peek() {
        let action = match token {
            Token::Text(text) => {
                nodes.push(Node::Text(text.clone()));
                tokens.next();
                continue;
            }
            Token::Action(action) if action == "end" || action == "else" => break,
            Token::Action(action) => action.clone(),
        };
        tokens.next();
        let (first, rest) = action.split_once(' ').unwrap_or((&action, ""));
        let kind = match first {
            "if" => Kind::If,
            "with" => Kind::With,
            "range" => Kind::Range,
            _ => {
                nodes.push(Node::Print(words(&action)?));
                continue;
            }
        };
        nodes.push(parse_branch(kind, words(rest)?, tokens)?);
    }
    Ok(nodes)
}

fn parse_branch(kind: Kind, test: Vec<Word>, tokens: &mut Tokens) -> Result<Node, String> {
    let then = parse(tokens)?;
    let is =
        |token: Option<&Token>, word: &str| matches!(token, Some(Token::Action(action)) if action == word);
    let mut otherwise = Vec::new();
    if is(tokens.peek(), "else") {
        tokens.next();
        otherwise = parse(tokens)?;
    }
    if !is(tokens.peek(), "end") {
        return Err("template: unexpected EOF".to_owned());
    }
    tokens.next();
    Ok(Node::Branch(kind, test, then, otherwise))
}

fn words(action: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = action.trim();
    while !rest.is_empty() {
        let first = rest.chars().next().unwrap_or_default();
        let (word, after) = if matches!(first, '"' | '`') {
            let (text, after) = rest[1..].split_once(first).ok_or("template: unterminated quoted string")?;
            let text = if first == '"' { unescape(text) } else { text.to_owned() };
            (Word::Text(text), after)
        } else {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            (name_or_path(word).ok_or_else(|| unsupported(action))?, after)
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

fn name_or_path(word: &str) -> Option<Word> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(char::is_alphanumeric);
    match word.strip_prefix('.') {
        Some("") => Some(Word::Path(Vec::new())),
        Some(path) => {
            let fields: Vec<_> = path.split('.').map(str::to_owned).collect();
            fields.iter().all(|field| is_name(field)).then_some(Word::Path(fields))
        }
        None => is_name(word).then(|| Word::Name(word.to_owned())),
    }
}

fn unsupported(action: &str) -> String {
    format!(
        "template: {{{{{action}}}}} is not supported: only fields, join, len, not, if, with and range are"
    )
}

fn show(nodes: &[Node], dot: &Value, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&unescape(text)),
            Node::Print(words) => out.push_str(&text_of(&evaluate(words, dot)?)),
            Node::Branch(kind, test, then, otherwise) => {
                let value = evaluate(test, dot)?;
                match (kind, &value) {
                    _ if !is_true(&value) => show(otherwise, dot, out)?,
                    (Kind::If, _) => show(then, dot, out)?,
                    (Kind::With, _) => show(then, &value, out)?,
                    (Kind::Range, Value::Array(items)) => {
                        items.iter().try_for_each(|item| show(then, item, out))?;
                    }
                    (Kind::Range, _) => return Err("template: range over what is no list".to_owned()),
                }
            }
        }
    }
    Ok(())
}

fn evaluate(words: &[Word], dot: &Value) -> Result<Value, String> {
    let operand = |word: &Word| match word {
        Word::Path(path) => {
            Ok(path.iter().fold(dot, |value, field| value.get(field).unwrap_or(&Value::Null)).clone())
        }
        Word::Text(text) => Ok(Value::from(text.as_str())),
        Word::Name(name) => Err(format!("template: function {name:?} not defined")),
    };
    match words {
        [Word::Name(function), list, separator] if function == "join" => {
            Ok(join(&operand(list)?, &text_of(&operand(separator)?)).into())
        }
        [Word::Name(function), list] if function == "len" => Ok(match operand(list)? {
            Value::Array(items) => items.len(),
            Value::String(text) => text.len(),
            _ => 0,
        }
        .into()),
        [Word::Name(function), value] if function == "not" => Ok((!is_true(&operand(value)?)).into()),
        [word] => operand(word),
        _ => Err(unsupported("...")),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_set) => *is_set,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) => format!("[{}]", join(value, " ")),
        other => other.to_string(),
    }
}

fn join(list: &Value, separator: &str) -> String {
    let items = list.as_array().into_iter().flatten();
    items.map(text_of).collect::<Vec<_>>().join(separator)
}

/// Shells pass `\n` and `\t` on as two characters; here they are what they look like, as in the strings of an action.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Value {
        serde_json::json!({ "Dir": "/a", "Imports": ["b", "c"], "Module": { "Path": "m" }, "Standard": true })
    }

    #[test]
    fn templates_are_filled_with_fields() {
        for (template, expected) in [
            ("x {{.Dir}}: {{ .Imports }}{{.None}}", "x /a: [b c]"),
            ("{{join .Imports \", \"}} {{len .Imports}}", "b, c 2"),
            ("{{.Module.Path}}{{with .Module}}={{.Path}}{{end}}", "m=m"),
            ("{{if .Standard}}std{{else}}own{{end}} {{if not .Standard}}x{{end}}", "std "),
            ("{{range .Imports}}<{{.}}>{{end}}{{range .None}}x{{else}}none{{end}}", "<b><c>none"),
            ("a {{- /* note */ -}} b", "ab"),
        ] {
            assert_eq!(fill(template, &data()).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for template in
            ["{{.A | printf}}", "{{if .A}}", "{{end}}", "{{.A", "{{template \"x\"}}", "{{$x := .A}}"]
        {
            assert!(fill(template, &data()).unwrap_err().starts_with("template: "), "{template}");
        }
    }
}
