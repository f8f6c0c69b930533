//! The variables that get their contents from outside of the language: `//go:embed` and `-ldflags=-X`.

use base::Symbol;
use check::CheckedPackage;
use load::{Package, Program};
use lower::Preset;
use rustc_hash::FxHashMap;
use syntax::{DeclId, DeclKind, DirectiveKind, File};
use types::{Basic, FullPaths, ObjectId, Printer, Type, TypeId, Types};

use crate::{BuildError, CheckedProgram, Session};

/// What each such variable holds.
pub(crate) fn collect(
    session: &Session<'_>,
    program: &Program,
    checked: &CheckedProgram,
    root: load::PackageId,
) -> Result<FxHashMap<ObjectId, Preset>, BuildError> {
    let mut presets = FxHashMap::default();
    let mut refused = Vec::new();
    for &id in &program.order {
        let (package, Some(checked)) = (&program.packages[id], &checked.packages[id]) else { continue };
        if !package.embeds.is_empty() {
            add_embeds(session, package, checked, &mut presets)?;
        }
        if !session.output.string_values.is_empty() {
            add_string_values(session, checked, &mut presets, &mut refused);
        }
    }
    if !refused.is_empty() {
        return Err(BuildError::NotStrings(program.packages[root].path.to_string(), refused.join("\n")));
    }
    Ok(presets)
}

fn add_embeds(
    session: &Session<'_>,
    package: &Package,
    checked: &CheckedPackage,
    presets: &mut FxHashMap<ObjectId, Preset>,
) -> Result<(), BuildError> {
    for file in &checked.files {
        let tree = &*file.tree;
        for &decl in &tree[tree.decls] {
            let patterns = patterns_of(tree, decl);
            if patterns.is_empty() {
                continue;
            }
            let fail = |message: String| {
                let at = session.sources.location(tree[decl].pos);
                BuildError::Embed(match at {
                    Some(at) => format!("{at}: {message}"),
                    None => message,
                })
            };
            let object = variable(session, checked, tree, decl).map_err(fail)?;
            let files = read_files(session, package, &patterns)?;
            let ty = session.types.object(object).type_or_invalid();
            let preset = preset(session, kind_of(&session.types, ty), files).map_err(fail)?;
            presets.insert(object, preset);
        }
    }
    Ok(())
}

fn patterns_of(tree: &File, decl: DeclId) -> Vec<&str> {
    let directives = &tree[tree[decl].directives];
    let patterns = directives.iter().filter_map(|directive| match &directive.kind {
        DirectiveKind::Embed(patterns) => Some(patterns),
        _ => None,
    });
    patterns.flatten().map(String::as_str).collect()
}

/// The one variable of an embedding declaration, in Go's words when it is not one.
fn variable(
    session: &Session<'_>,
    checked: &CheckedPackage,
    tree: &File,
    decl: DeclId,
) -> Result<ObjectId, String> {
    let DeclKind::Var { names, values, .. } = tree[decl].kind else {
        return Err("misplaced go:embed directive".to_owned());
    };
    let &[name] = &tree[names] else {
        return Err("go:embed cannot apply to multiple vars".to_owned());
    };
    if !tree[values].is_empty() {
        return Err("go:embed cannot apply to var with initializer".to_owned());
    }
    let scope = session.types.package(checked.id).scope();
    let object = scope.and_then(|scope| scope.get(tree.name(name)));
    object.ok_or_else(|| "go:embed cannot apply to var inside func".to_owned())
}

fn read_files(
    session: &Session<'_>,
    package: &Package,
    patterns: &[&str],
) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
    let matched = patterns.iter().filter_map(|&pattern| package.embeds.get(pattern)).flatten();
    let mut names: Vec<&String> = matched.collect();
    names.sort();
    names.dedup();
    let read = |name: &String| {
        let path = package.dir.join(name);
        let bytes = session.system.read(&path);
        let bytes = bytes.map_err(|error| BuildError::Embed(format!("embed {}: {error}", path.display())))?;
        Ok((name.clone(), bytes))
    };
    names.into_iter().map(read).collect()
}

/// What can be embedded into.
enum Kind {
    Text,
    Bytes,
    Files,
    Other(TypeId),
}

fn kind_of(types: &Types, ty: TypeId) -> Kind {
    let is_embed_fs = types.as_named(ty).is_some_and(|(_, named)| {
        let object = types.object(named.object);
        let is_embed = |package| types.package(package).path.as_str() == "embed";
        object.name.as_str() == "FS" && object.package.is_some_and(is_embed)
    });
    let is_byte = |elem| matches!(types.as_basic(elem), Some(Basic::Byte | Basic::Uint8));
    match types.resolved(types.underlying(ty)) {
        _ if is_embed_fs => Kind::Files,
        Type::Basic(Basic::String) => Kind::Text,
        &Type::Slice(elem) if is_byte(elem) => Kind::Bytes,
        _ => Kind::Other(ty),
    }
}

fn preset(session: &Session<'_>, kind: Kind, mut files: Vec<(String, Vec<u8>)>) -> Result<Preset, String> {
    match kind {
        Kind::Files => return Ok(Preset::Files(files)),
        Kind::Other(ty) => {
            return Err(format!("go:embed cannot apply to var of type {}", type_name(session, ty)));
        }
        Kind::Text | Kind::Bytes if files.len() != 1 => {
            return Err("invalid go:embed: multiple files for type string or []byte".to_owned());
        }
        Kind::Text | Kind::Bytes => {}
    }
    let content = files.pop().map(|(_, content)| content).unwrap_or_default();
    Ok(if matches!(kind, Kind::Text) { Preset::Text(content) } else { Preset::Bytes(content) })
}

fn type_name(session: &Session<'_>, ty: TypeId) -> String {
    let paths = FullPaths(&session.types);
    let mut printer = Printer::new(&session.types, &paths);
    printer.ty(ty);
    printer.finish()
}

/// As cmd/link: only variables of type string, and only those whose initialiser is nothing or a constant. Variables of
/// other types are `refused`, each with a line.
fn add_string_values(
    session: &Session<'_>,
    checked: &CheckedPackage,
    presets: &mut FxHashMap<ObjectId, Preset>,
    refused: &mut Vec<String>,
) {
    let package = session.types.package(checked.id);
    let path = package.path.as_str();
    for (name, value) in &session.output.string_values {
        let Some((_, name)) = name.rsplit_once('.').filter(|(of, _)| *of == path) else { continue };
        let Some(object) = package.scope().and_then(|scope| scope.get(Symbol::intern(name))) else {
            continue;
        };
        let data = session.types.object(object);
        if data.var_kind().is_none() {
            continue;
        }
        let ty = data.type_or_invalid();
        if session.types.as_named(ty).is_some() || session.types.as_basic(ty) != Some(Basic::String) {
            let ty = type_name(session, ty);
            refused.push(format!("{path}.{name}: cannot set with -X: not a var of type string (type:{ty})"));
            continue;
        }
        let init = checked.init_order.iter().find(|init| init.variables.contains(&object));
        let is_constant = init.is_none_or(|init| {
            init.variables.len() == 1 && checked.files[init.file as usize].info.value_of(init.value).is_some()
        });
        if is_constant {
            presets.insert(object, Preset::Text(value.clone().into_bytes()));
        }
    }
}
