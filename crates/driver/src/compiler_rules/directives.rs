//! Directives: which words are allowed outside of the standard library, and what they may stand above.

use check::{CheckedFile, GoVersion};
use diag::{Code, Diagnostic};
use syntax::{Decl, DeclKind, Descend, Directive, DirectiveKind, File, Node, walk_file};
use types::{ObjectId, ObjectKind};

use super::Subject;

/// What a file must import to use `//go:embed`.
const NO_EMBED: &str = "go:embed requires import \"embed\" (or import _ \"embed\", if package is not used)";

fn error(directive: &Directive, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Directive, directive.pos, message)
}

/// Reports directives that only the standard library or cgo may use. As cmd/compile/internal/noder, pragma.
pub(super) fn check_words(subject: &Subject<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for directive in subject.checked.files.iter().flat_map(|file| &file.tree.directives) {
        match &directive.kind {
            DirectiveKind::Systemstack => only_in_runtime("go:systemstack", directive, diagnostics),
            DirectiveKind::Nowritebarrier => only_in_runtime("go:nowritebarrier", directive, diagnostics),
            DirectiveKind::Nowritebarrierrec => {
                only_in_runtime("go:nowritebarrierrec", directive, diagnostics);
            }
            DirectiveKind::Yeswritebarrierrec => {
                only_in_runtime("go:yeswritebarrierrec", directive, diagnostics);
            }
            DirectiveKind::Uintptrkeepalive => {
                let message = "//go:uintptrkeepalive is only allowed in the standard library";
                diagnostics.push(error(directive, message));
            }
            DirectiveKind::CgoUnsafeArgs => cgo(subject, "go:cgo_unsafe_args", directive, diagnostics),
            DirectiveKind::Other(text) if text.as_str().starts_with("go:cgo_") => {
                cgo(subject, text.as_str(), directive, diagnostics);
            }
            _ => {}
        }
    }
}

fn only_in_runtime(verb: &str, directive: &Directive, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(error(directive, format!("//{verb} only allowed in runtime")));
}

/// cgo's directives are for what cgo writes; one of them may name a library anywhere.
fn cgo(subject: &Subject<'_>, text: &str, directive: &Directive, diagnostics: &mut Vec<Diagnostic>) {
    let words = words_and_strings(text);
    let verb = words.first().map_or("", |word| word.strip_prefix("go:").unwrap_or(word));
    let is_import = verb == "cgo_import_dynamic" && words.len() >= 4;
    let is_generated = subject.session.sources.file_of(directive.pos).is_some_and(|id| {
        let file = subject.session.sources.file(id);
        file.name().rsplit('/').next().is_some_and(|name| name.starts_with("_cgo_"))
    });
    if is_import && !is_generated {
        let library = words[3].trim_matches('"');
        if !library.is_empty() && !is_safe_word(library) {
            let message = format!("invalid library name {library:?} in cgo_import_dynamic directive");
            diagnostics.push(error(directive, message));
        }
    } else if !is_generated {
        diagnostics.push(error(directive, format!("//{text} only allowed in cgo-generated code")));
    }
    if let Some(usage) = wrong_usage(verb, words.get(1..).unwrap_or_default()) {
        diagnostics.push(error(directive, format!("usage: //go:{verb} {usage}")));
    }
}

/// How a cgo directive is to be used, when its arguments do not fit. As cmd/compile/internal/noder, pragcgo.
fn wrong_usage(verb: &str, args: &[&str]) -> Option<&'static str> {
    let is_string = |arg: &str| arg.len() >= 2 && arg.starts_with('"') && arg.ends_with('"');
    let shape: String = args.iter().map(|arg| if is_string(arg) { 's' } else { 'w' }).collect();
    let (allowed, usage): (&[&str], _) = match verb {
        "cgo_export_static" | "cgo_export_dynamic" => (&["w", "ww"], "local [remote]"),
        "cgo_import_dynamic" => (&["w", "ww", "wws"], "local [remote [\"library\"]]"),
        "cgo_import_static" => (&["w"], "local"),
        "cgo_dynamic_linker" => (&["s"], "\"path\""),
        "cgo_ldflag" => (&["s"], "\"arg\""),
        _ => return None,
    };
    (!allowed.contains(&shape.as_str())).then_some(usage)
}

/// Words, and strings in double quotes as one word each with their quotes; a string that does not end is left out.
fn words_and_strings(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (i, part) in text.split('"').enumerate() {
        let is_string = i % 2 == 1;
        if !is_string {
            words.extend(part.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()));
            continue;
        }
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        words.extend(text.get(start - 1..=start + part.len()).filter(|string| string.ends_with('"')));
    }
    words
}

/// Whether a command line would take a word as a name, and not as an option.
fn is_safe_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/') || !c.is_ascii())
}

/// Reports directives that do not fit what they are about. As cmd/compile/internal/noder, collectDecls and funcExt.
pub(super) fn check_uses(subject: &Subject<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let files = &subject.checked.files;
    let mut linked = Vec::new();
    for file in files {
        linknames(subject, &file.tree, &mut linked, diagnostics);
    }
    for file in files {
        functions(subject, file, &linked, diagnostics);
    }
    let is_embed = |directive: &Directive| matches!(directive.kind, DirectiveKind::Embed(_));
    for file in files.iter().filter(|file| file.tree.directives.iter().any(is_embed)) {
        embeds(subject, &file.tree, diagnostics);
    }
}

/// Checks `//go:linkname` lines, and adds what they link to `linked`.
fn linknames(
    subject: &Subject<'_>,
    tree: &File,
    linked: &mut Vec<ObjectId>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let types = &subject.session.types;
    let scope = types.package(subject.checked.id).scope();
    let has_unsafe = imports(tree, "unsafe");
    for directive in &tree.directives {
        let DirectiveKind::Linkname { is_std, local, remote } = directive.kind else { continue };
        let verb = if is_std { "go:linknamestd" } else { "go:linkname" };
        let object = scope.and_then(|scope| scope.get(local));
        let is_linkable =
            |&id: &ObjectId| matches!(types.object(id).kind, ObjectKind::Func(_) | ObjectKind::Var(_));
        let is_instance = |text: &str| text.contains('[') && text.contains(']');
        let problem = match object.filter(is_linkable) {
            _ if !has_unsafe => Some(format!("//{verb} only allowed in Go files that import \"unsafe\"")),
            _ if remote.is_some_and(|remote| is_instance(remote.as_str())) => {
                Some(format!("//{verb} reference of an instantiation is not allowed"))
            }
            Some(object) if linked.contains(&object) => Some(format!("duplicate //{verb} for {local}")),
            Some(object) => {
                linked.push(object);
                None
            }
            None => (subject.version >= GoVersion::new(18))
                .then(|| format!("//{verb} must refer to declared function or variable")),
        };
        diagnostics.extend(problem.map(|message| error(directive, message)));
    }
}

fn imports(tree: &File, wanted: &str) -> bool {
    tree[tree.decls].iter().any(|&decl| match tree[decl].kind {
        DeclKind::Import { path: Some(path), .. } => {
            tree.literal_text(path).trim_matches(['"', '`']) == wanted
        }
        _ => false,
    })
}

/// A function has a body, or is somewhere else: in assembly, or where a linkname says.
fn functions(
    subject: &Subject<'_>,
    file: &CheckedFile,
    linked: &[ObjectId],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let tree = &file.tree;
    for &id in &tree[tree.decls] {
        let decl = tree[id];
        let DeclKind::Func { name, body, .. } = decl.kind else { continue };
        let is_noescape = || directives_of(tree, &decl).any(|d| d.kind == DirectiveKind::Noescape);
        let is_linked = || file.info.idents[name].is_some_and(|object| linked.contains(&object));
        let message = match body {
            Some(_) if is_noescape() => "can only use //go:noescape with external func implementations",
            None if subject.requires_bodies() && !is_linked() => "missing function body",
            _ => continue,
        };
        diagnostics.push(Diagnostic::error(Code::BadDecl, decl.pos, message));
    }
}

fn directives_of<'t>(tree: &'t File, decl: &Decl) -> impl Iterator<Item = &'t Directive> {
    tree.directives[decl.directives.range()].iter()
}

/// Checks the variables with `//go:embed` lines, wherever they are.
fn embeds(subject: &Subject<'_>, tree: &File, diagnostics: &mut Vec<Diagnostic>) {
    let has_import = imports(tree, "embed");
    walk_file(tree, |node| {
        if let Node::Decl(id) = node {
            let decl = tree[id];
            let is_embed = |directive: &&Directive| matches!(directive.kind, DirectiveKind::Embed(_));
            if let Some(directive) = directives_of(tree, &decl).find(is_embed) {
                let is_inside = !tree[tree.decls].contains(&id);
                let problem = if has_import {
                    embed_problem(subject, &decl, is_inside)
                } else {
                    Some(NO_EMBED.to_owned())
                };
                diagnostics.extend(problem.map(|message| error(directive, message)));
            }
        }
        Descend::Into
    });
}

fn embed_problem(subject: &Subject<'_>, decl: &Decl, is_inside: bool) -> Option<String> {
    let DeclKind::Var { names, ty, values } = decl.kind else { return None };
    let problem = if names.len() > 1 {
        "go:embed cannot apply to multiple vars"
    } else if !values.is_empty() {
        "go:embed cannot apply to var with initializer"
    } else if ty.is_none() {
        "go:embed cannot apply to var without type"
    } else if is_inside {
        "go:embed cannot apply to var inside func"
    } else if subject.version < GoVersion::new(16) {
        let version = subject.version;
        return Some(format!("go:embed requires go1.16 or later (-lang was set to {version}; check go.mod)"));
    } else {
        return None;
    };
    Some(problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_whole_with_their_quotes() {
        let words = |text| words_and_strings(text).join("|");
        assert_eq!(words("go:cgo_ldflag \"-l x\""), "go:cgo_ldflag|\"-l x\"");
        assert_eq!(words("a b\"c\"d"), "a|b|\"c\"|d");
        assert_eq!(words("a \"b"), "a");
    }

    #[test]
    fn cgo_directives_have_their_arguments() {
        assert_eq!(wrong_usage("cgo_ldflag", &["\"-lm\""]), None);
        assert_eq!(wrong_usage("cgo_ldflag", &["-lm"]), Some("\"arg\""));
        assert_eq!(wrong_usage("cgo_import_dynamic", &["a", "b", "\"c\""]), None);
        assert_eq!(wrong_usage("cgo_import_static", &[]), Some("local"));
    }
}
