//! Pages: prose with Go programs in it, and beside each program what must come of it.
//!
//! A block fenced as `go` is a program. What it prints is in the block fenced as `output` that follows, if there is one;
//! lines that must not compile end in `// ERROR "text"`, where the text is part of the message.

use anyhow::{Result, ensure};

/// One program of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The heading that it is under.
    pub heading: String,
    /// The line of the page on which it starts, from 1.
    pub line: usize,
    /// The program.
    pub source: String,
    /// What it prints, if the page says so.
    pub output: Option<String>,
}

impl Example {
    /// The lines that must be rejected, counted from 1, with a part of the message.
    pub fn wanted_errors(&self) -> Vec<(usize, String)> {
        let lines = self.source.lines().enumerate();
        let wanted = lines.filter_map(|(i, line)| Some((i + 1, line.split_once("// ERROR ")?.1.trim())));
        wanted.map(|(line, text)| (line, text.trim_matches('"').to_owned())).collect()
    }
}

/// The examples of a page, in order.
pub fn examples(page: &str) -> Result<Vec<Example>> {
    let mut examples: Vec<Example> = Vec::new();
    let mut heading = String::new();
    let mut block: Option<(usize, String, String)> = None;
    for (i, line) in page.lines().enumerate() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some((i + 1, kind.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => {
                let (line, kind, text) = block.take().unwrap_or_default();
                match kind.as_str() {
                    "go" => {
                        examples.push(Example { heading: heading.clone(), line, source: text, output: None })
                    }
                    "output" => {
                        let example = examples.last_mut().filter(|example| example.output.is_none());
                        ensure!(example.is_some(), "line {line}: output without a program");
                        example.into_iter().for_each(|example| example.output = Some(text.clone()));
                    }
                    _ => {}
                }
            }
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix('#') {
                    heading = title.trim_start_matches('#').trim().to_owned();
                }
            }
        }
    }
    ensure!(block.is_none(), "a fence is not closed");
    Ok(examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_with_their_output_and_errors() {
        let page = "# Channels\n\ntext\n\n```go\npackage main\nvar x int = \"\" // ERROR \"cannot use\"\n```\n\n\
                    ## More\n```go\npackage main\n```\n```output\nhi\n```\n```sh\nls\n```\n";
        let examples = examples(page).unwrap();
        assert_eq!(examples.len(), 2);
        assert_eq!(examples[0].heading, "Channels");
        assert_eq!(examples[0].line, 5);
        assert_eq!(examples[0].wanted_errors(), [(2, "cannot use".to_owned())]);
        assert_eq!(examples[1].output.as_deref(), Some("hi\n"));
        assert!(super::examples("```output\n```\n").is_err());
        assert!(super::examples("```go\n").is_err());
    }
}
