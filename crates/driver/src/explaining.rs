//! What the compiler did with a program's functions, as text: for `ghog build -emit` and `ghog explain`.

use codegen::Compiler;
use ir::{AllocFlags, InstId, Op, SrcLoc};
use opt::escape::{Cause, How, Step, Verdict};

use crate::building::{self, BuildError};
use crate::{Failure, Session, checked_program, compiling};

/// What to show of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The optimised IR.
    Ir,
    /// What the code generator makes of it.
    Clif,
    /// The instructions of its body.
    Asm,
    /// Which of its allocations are in the heap, and why.
    Escapes,
    /// What it takes of the goroutine's stacks, and what it does on entry.
    Frame,
}

/// Compiles what `args` name as far as is needed, and shows the function `name`, or all functions of the main package.
///
/// A name is that of tracebacks, with or without `main.` in front.
///
/// # Errors
/// As [`crate::build`], and when there is no such function in the program.
pub fn show(
    session: &Session<'_>,
    args: &[String],
    form: Form,
    name: Option<&str>,
) -> Result<String, Failure> {
    session.run(|| {
        let (program, checked) = checked_program(session, args)?;
        let mut module = building::lower(session, &program, checked).map_err(Failure::Build)?.1.module;
        let mut texts = |text: Text| all_texts(session, &mut module, text, name).map_err(Failure::Build);
        let shown = match form {
            Form::Ir => texts(ir)?,
            Form::Clif => texts(clif)?,
            Form::Asm => texts(asm)?,
            Form::Frame => texts(frame)?,
            Form::Escapes => all_escapes(session, &mut module, name),
        };
        match name {
            Some(name) if shown.is_empty() => Err(Failure::Build(BuildError::NoFunction(name.to_owned()))),
            _ => Ok(shown.concat()),
        }
    })
}

fn is_chosen(function: &ir::Function, name: Option<&str>) -> bool {
    let in_main = function.display.as_str().strip_prefix("main.");
    match name {
        Some(name) => function.display.as_str() == name || in_main == Some(name),
        None => in_main.is_some(),
    }
}

fn all_escapes(session: &Session<'_>, module: &mut ir::Module, name: Option<&str>) -> Vec<String> {
    let explained = opt::explain_allocations(module, session.settings.effort);
    let with_function = explained.iter().map(|(id, verdicts)| (&module.funcs[*id], verdicts));
    let chosen = with_function.filter(|(function, _)| is_chosen(function, name));
    chosen.map(|(function, verdicts)| escapes(session, function, verdicts)).collect()
}

/// Shows one optimised function.
type Text = fn(&Session<'_>, &ir::Function) -> Result<String, BuildError>;

fn all_texts(
    session: &Session<'_>,
    module: &mut ir::Module,
    text: Text,
    name: Option<&str>,
) -> Result<Vec<String>, BuildError> {
    opt::optimize_with(module, session.settings.effort);
    let with_body = module.funcs.iter().filter(|function| function.has_body());
    let chosen = with_body.filter(|function| is_chosen(function, name));
    chosen.map(|function| text(session, function)).collect()
}

fn ir(session: &Session<'_>, function: &ir::Function) -> Result<String, BuildError> {
    Ok(titled(session, function, &function.to_string()))
}

fn clif(session: &Session<'_>, function: &ir::Function) -> Result<String, BuildError> {
    Ok(titled(session, function, &codegen::text::clif(function, &compiling::target())))
}

fn asm(session: &Session<'_>, function: &ir::Function) -> Result<String, BuildError> {
    let text = codegen::text::asm(function, &compiling::target());
    Ok(titled(session, function, &text.map_err(compiling::refused)?))
}

fn titled(session: &Session<'_>, function: &ir::Function, text: &str) -> String {
    format!("; {} at {}\n{text}\n", function.display.as_str(), place(session, function.pos))
}

/// Sizes, in bytes, of what a call of the function occupies.
fn frame(session: &Session<'_>, function: &ir::Function) -> Result<String, BuildError> {
    let compiled = Compiler::new(compiling::target()).compile(function, &session.sources);
    let compiled = compiled.map_err(compiling::refused)?;
    let (n_objects, n_side_bytes) = codegen::text::side_frame(function);
    let prologue = match compiled.body_offset {
        0 => "none: the function calls nothing that could need more stack".to_owned(),
        n_bytes => format!("{n_bytes} bytes, which grow the stack by copying it when the frame does not fit"),
    };
    Ok(format!(
        "{}: {}\n  code        {} bytes\n  frame       {} bytes of the stack\n  prologue    {prologue}\n  \
         side frame  {n_side_bytes} bytes, objects with an address in it: {n_objects}\n",
        place(session, function.pos),
        function.display.as_str(),
        compiled.bytes.len(),
        compiled.frame_size,
    ))
}

/// A line for each allocation, and below it the way by which its address leaves the function.
fn escapes(session: &Session<'_>, function: &ir::Function, verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let what = what(function, verdict.alloc);
        let outcome = if verdict.cause.is_some() { "escapes to the heap" } else { "stays in the frame" };
        text += &allocation(session, function, verdict.loc, &what, outcome);
        match &verdict.cause {
            Some(Cause::Flows(steps)) => {
                let told = steps.iter().rev().filter(|step| step.how != How::Copy);
                told.for_each(|step| text.push_str(&way(session, step)));
            }
            Some(Cause::TooBig) => text += "  it is too big for a frame\n",
            Some(Cause::Irreducible) => text += "  the function jumps into a loop\n",
            None => {}
        }
    }
    for (loc, element) in slices_of_unknown_size(function) {
        text += &allocation(session, function, loc, &format!("[]{element}"), "escapes to the heap");
        text += "  its size is not known\n";
    }
    text
}

/// What an allocation is for.
fn what(function: &ir::Function, alloc: InstId) -> String {
    let n_bytes = function.inst(alloc).imm;
    if function.inst(alloc).alloc_flags().contains(AllocFlags::OPTIONAL) {
        return format!("a string or slice of up to {n_bytes} bytes");
    }
    format!("{n_bytes} bytes, {}", type_name(function, alloc))
}

/// The line of one allocation: where the function itself makes it, or makes the inlined call that does.
fn allocation(
    session: &Session<'_>,
    function: &ir::Function,
    mut loc: SrcLoc,
    what: &str,
    outcome: &str,
) -> String {
    let mut inlined = String::new();
    while let Some(site) = loc.site.map(|site| function.inline_sites[site]) {
        inlined = format!(", inlined from {}", site.callee.as_str());
        loc = site.call;
    }
    let at = place(session, loc.pos);
    format!("{at}: allocation in {} ({what}{inlined}) {outcome}\n", function.display.as_str())
}

/// The type whose descriptor an instruction names.
fn type_name(function: &ir::Function, inst: InstId) -> &'static str {
    let descriptor = function.inst(inst).sym.as_str();
    descriptor.strip_prefix("type:").unwrap_or(descriptor)
}

/// The slices that the function has the runtime make, with the types of their elements.
fn slices_of_unknown_size(function: &ir::Function) -> Vec<(SrcLoc, &'static str)> {
    let insts = function.layout.iter().flat_map(|&block| function.block_insts(block));
    let calls = insts.filter(|&inst| {
        function.inst(inst).op == Op::Call && function.inst(inst).sym.as_str() == "runtime.makeslice"
    });
    let described = calls.map(|call| {
        let descriptor = function.args(call).first().and_then(|&arg| function.def_inst(arg));
        (function.loc(call), descriptor.map_or("T", |inst| type_name(function, inst)))
    });
    described.collect()
}

/// One step of the way.
fn way(session: &Session<'_>, step: &Step) -> String {
    let how = match step.how {
        How::Copy => "it is copied".to_owned(),
        How::Load => "it is read from memory".to_owned(),
        How::Store => "it is stored in another object".to_owned(),
        How::StoreToHeap => "it is stored where it may outlive the function".to_owned(),
        How::Return => "it is returned".to_owned(),
        How::Pass(callee) => format!("it is passed to {}, which keeps it", callee.as_str()),
        How::PassToUnknown => "it is passed to a function that is known only at run time".to_owned(),
        How::Capture(closure) => format!("it is captured by {}, which keeps it", closure.as_str()),
        How::TailCall => "it is passed to a function that takes over the frame".to_owned(),
    };
    format!("  {}: {how}\n", place(session, step.loc.pos))
}

fn place(session: &Session<'_>, pos: base::Pos) -> String {
    let Some(mut location) = session.sources.location(pos) else { return "-".to_owned() };
    location.name = load::short_path(location.name.as_ref().as_ref(), &session.config.dir).into();
    location.to_string()
}
