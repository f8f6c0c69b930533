//! The intermediate forms of a function as text, for `-emit=clif` and `-emit=asm`.

use std::fmt::Write as _;

use crate::{Error, compile::Compiler, emit::side::SideFrame, target::Target};

/// The CLIF of a function before optimisation, with a legend of its external names.
#[must_use]
pub fn clif(function: &ir::Function, target: &Target) -> String {
    let mut compiler = Compiler::new(target.clone());
    compiler.translate(function);
    let mut text = compiler.legend();
    let _ = write!(text, "{}", compiler.context.func.display());
    text
}

/// The instructions of a function's body, as Cranelift prints them.
///
/// # Errors
/// When Cranelift refuses the function.
pub fn asm(function: &ir::Function, target: &Target) -> Result<String, Error> {
    let mut compiler = Compiler::new(target.clone());
    compiler.translate(function);
    compiler.context.set_disasm(true);
    compiler.generate(function.name)?;
    let body = compiler.context.compiled_code().and_then(|code| code.vcode.clone());
    Ok(compiler.legend() + &body.expect("the text was asked for"))
}

/// The objects that a function keeps in its side frame, and the frame's size in bytes.
#[must_use]
pub fn side_frame(function: &ir::Function) -> (usize, u32) {
    SideFrame::plan(function, &ir::Cfg::new(function)).map_or((0, 0), |frame| frame.extent(function))
}

impl Compiler {
    /// What the numbers of external names stand for.
    fn legend(&self) -> String {
        let mut text = String::new();
        for (number, referent) in self.names().iter() {
            let _ = writeln!(text, "; u0:{number} = {referent:?}");
        }
        text
    }
}
