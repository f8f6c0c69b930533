//! Values that need no code: package-level variables and literals whose contents the linker can lay out.
//!
//! Static are constants, addresses of package-level variables, functions, literals without captures, and composites of those.
//! Everything else is computed by the package's initialiser.

use base::Symbol;
use constant::Value;
use syntax::{ExprId, ExprKind, UnaryOp};
use types::{Basic, BasicInfo, ObjectKind, Type, TypeId};

use crate::{
    data::DataBuilder,
    expr::{default_type, float32, float64, int_bits},
    func::FnCx,
    methods::{interface_methods, is_direct_iface},
    program::Source,
    unit::{Output, Unit},
};

/// Literals with fewer elements are as quick to build as to copy.
const MIN_STATIC_ELEMS: usize = 5;

/// Variables that are in read-only memory: `reflect` gives addresses of the small numbers away.
const CONSTANT_VARIABLES: &[&str] = &["runtime.staticuint64s"];

/// The contents of a variable that needs no code, with everything that they refer to.
pub(crate) fn static_variable(
    unit: &mut Unit<'_>,
    src: Source<'_>,
    value: ExprId,
    ty: TypeId,
    name: Symbol,
) -> Option<Output> {
    let mut scratch = Unit::new(unit.shared);
    let shape = scratch.shape(ty);
    let mut eval = Eval { src, prefix: name, n_parts: 0, only_constants: false, unit: &mut scratch };
    let mut data = DataBuilder::new(shape.n_bytes as usize, shape.align);
    eval.write(value, ty, &mut data, 0)?;
    let mask = scratch.root_mask(ty);
    let is_constant = CONSTANT_VARIABLES.contains(&name.as_str());
    let data = if is_constant { data.finish_readonly(name) } else { data.finish_writable(name, mask) };
    scratch.out.data.push(data);
    Some(std::mem::take(&mut scratch.out))
}

impl Unit<'_> {
    /// The symbol of read-only memory that holds a constant of a type.
    pub(crate) fn constant_data(&mut self, value: &Value, ty: TypeId) -> Symbol {
        let shape = self.shape(ty);
        let mut data = DataBuilder::new(shape.n_bytes as usize, shape.align);
        write_constant(self, value, ty, &mut data, 0);
        let text = if let Some(bytes) = value.as_bytes() {
            format!(
                "go:const.string.{:016x}{:016x}.{}",
                crate::data::fnv(&bytes, 0),
                crate::data::fnv(&bytes, 1),
                bytes.len()
            )
        } else {
            let bits = [value.real(), value.imag()].map(|part| match self.types.as_basic(ty) {
                Some(basic) if basic.info().intersects(BasicInfo::INTEGER) => int_bits(&part) as u64,
                Some(_) if value.as_bool().is_some() => u64::from(value.as_bool() == Some(true)),
                _ => float64(&part).to_bits(),
            });
            let kind = self.types.as_basic(ty).map_or("", Basic::name);
            format!("go:const.{kind}.{:x}.{:x}", bits[0], bits[1])
        };
        let symbol = Symbol::intern(&text);
        if self.first_use(symbol) {
            self.out.data.push(data.finish_readonly(symbol));
        }
        symbol
    }
}

/// Writes a constant of a basic type.
fn write_constant(unit: &mut Unit<'_>, value: &Value, ty: TypeId, data: &mut DataBuilder, at: usize) {
    let basic = unit.types.as_basic(ty).expect("constants have basic types");
    let info = basic.info();
    if info.intersects(BasicInfo::STRING) {
        let bytes = value.as_bytes().expect("a string constant");
        if !bytes.is_empty() {
            let symbol = unit.bytes(&bytes);
            data.addr(at, symbol, 0);
        }
        data.int(at + 8, bytes.len() as u64, 8);
    } else if info.intersects(BasicInfo::BOOLEAN) {
        data.int(at, u64::from(value.as_bool() == Some(true)), 1);
    } else if matches!(basic, Basic::Float32 | Basic::Complex64) {
        data.int(at, u64::from(float32(value).to_bits()), 4);
        if basic == Basic::Complex64 {
            data.int(at + 4, u64::from(float32(&value.imag()).to_bits()), 4);
        }
    } else if info.intersects(BasicInfo::FLOAT) || info.intersects(BasicInfo::COMPLEX) {
        data.int(at, float64(value).to_bits(), 8);
        if info.intersects(BasicInfo::COMPLEX) {
            data.int(at + 8, float64(&value.imag()).to_bits(), 8);
        }
    } else {
        let n_bytes = unit.shape(ty).n_bytes as usize;
        data.int(at, int_bits(value) as u64, n_bytes);
    }
}

/// Evaluates expressions outside of functions (or constant literals in them).
struct Eval<'u, 'p, 's> {
    unit: &'u mut Unit<'p>,
    src: Source<'s>,
    /// Names of the parts that are data objects of their own start with this.
    prefix: Symbol,
    n_parts: u32,
    /// Whether only constants will do: the literal is in a function and must be new each time.
    only_constants: bool,
}

impl Eval<'_, '_, '_> {
    fn type_of(&self, expr: ExprId) -> Option<TypeId> {
        self.src.info.type_of(expr).map(|ty| self.unit.types.canonical(ty))
    }

    /// Writes the value of an expression, converted to a type, if it is static.
    fn write(&mut self, id: ExprId, ty: TypeId, data: &mut DataBuilder, at: usize) -> Option<()> {
        let tree = self.src.tree;
        let id = tree.unparen(id);
        if self.src.info.exprs[id].mode == check::Mode::Nil {
            return Some(());
        }
        if self.unit.types.as_interface(ty).is_some() {
            return self.write_interface(id, ty, data, at);
        }
        if let Some(value) = self.src.info.value_of(id) {
            self.unit.types.as_basic(ty)?;
            write_constant(self.unit, value, ty, data, at);
            return Some(());
        }
        match tree[id].kind {
            ExprKind::CompositeLit { .. } => self.write_composite(id, ty, data, at),
            _ if self.only_constants => None,
            ExprKind::Unary { op: UnaryOp::Addr, x } => self.write_address(x, data, at),
            ExprKind::Name(ident) | ExprKind::Selector { sel: ident, .. } => {
                let object = self.src.info.idents[ident]?;
                let is_func = matches!(self.unit.types.object(object).kind, ObjectKind::Func(_));
                if !is_func
                    || self.src.info.selections.contains_key(&id)
                    || self.src.info.instances.contains_key(&ident)
                {
                    return None;
                }
                let code = self.unit.func(object, &[]);
                let closure = self.unit.func_value(code, ty);
                data.addr(at, closure, 0);
                Some(())
            }
            ExprKind::Call { fun, args, .. } if self.src.info.exprs[fun].mode == check::Mode::Type => {
                self.write_conversion(tree[args][0], ty, data, at)
            }
            _ => None,
        }
    }

    /// A conversion that changes nothing.
    fn write_conversion(&mut self, x: ExprId, to: TypeId, data: &mut DataBuilder, at: usize) -> Option<()> {
        let from = self.type_of(x)?;
        let types = self.unit.types;
        let same = types.canonical(types.underlying(from)) == types.canonical(types.underlying(to));
        if same && types.as_interface(to).is_none() { self.write(x, to, data, at) } else { None }
    }

    fn part_name(&mut self) -> Symbol {
        self.n_parts += 1;
        Symbol::intern(&format!("{}·stmp{}", self.prefix.as_str(), self.n_parts))
    }

    /// A data object of its own for a value.
    fn part(
        &mut self,
        ty: TypeId,
        write: impl FnOnce(&mut Self, &mut DataBuilder) -> Option<()>,
    ) -> Option<Symbol> {
        let shape = self.unit.shape(ty);
        let name = self.part_name();
        let mut part = DataBuilder::new(shape.n_bytes as usize, shape.align);
        write(self, &mut part)?;
        let mask = self.unit.root_mask(ty);
        self.unit.out.data.push(part.finish_writable(name, mask));
        Some(name)
    }

    fn write_address(&mut self, x: ExprId, data: &mut DataBuilder, at: usize) -> Option<()> {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        let ty = self.type_of(x)?;
        match tree[x].kind {
            ExprKind::CompositeLit { .. } => {
                if self.unit.shape(ty).n_bytes == 0 {
                    return None;
                }
                let part = self.part(ty, |eval, part| eval.write_composite(x, ty, part, 0))?;
                data.addr(at, part, 0);
                Some(())
            }
            ExprKind::Name(ident) => {
                let object = self.src.info.idents[ident]?;
                let is_global = self.unit.types.object(object).package_level;
                if !is_global || self.unit.types.object(object).var_kind().is_none() {
                    return None;
                }
                let symbol = self.unit.global(object);
                data.addr(at, symbol, 0);
                Some(())
            }
            _ => None,
        }
    }

    fn write_composite(&mut self, id: ExprId, ty: TypeId, data: &mut DataBuilder, at: usize) -> Option<()> {
        let ExprKind::CompositeLit { elems, .. } = self.src.tree[id].kind else { return None };
        let types = self.unit.types;
        match types.under(ty) {
            Type::Pointer(elem) => {
                if self.only_constants {
                    return None;
                }
                let elem = types.canonical(*elem);
                if self.unit.shape(elem).n_bytes == 0 {
                    return None;
                }
                let part = self.part(elem, |eval, part| eval.write_composite(id, elem, part, 0))?;
                data.addr(at, part, 0);
                Some(())
            }
            Type::Struct(_) => self.write_struct(elems, ty, data, at),
            Type::Array { elem, .. } => self.write_elems(elems, types.canonical(*elem), data, at),
            Type::Slice(_) if self.only_constants => None,
            Type::Slice(elem) => {
                let elem = types.canonical(*elem);
                let list = indexed(self.src, elems);
                let n_elems = list.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
                let array = types.canonical(types.array(n_elems as i64, elem));
                if self.unit.shape(array).n_bytes == 0 {
                    return None;
                }
                let part = self.part(array, |eval, part| eval.write_elems(elems, elem, part, 0))?;
                data.addr(at, part, 0);
                data.int(at + 8, n_elems, 8);
                data.int(at + 16, n_elems, 8);
                Some(())
            }
            _ => None,
        }
    }

    fn write_elems(
        &mut self,
        elems: syntax::List<ExprId>,
        elem: TypeId,
        data: &mut DataBuilder,
        at: usize,
    ) -> Option<()> {
        let n_bytes = self.unit.shape(elem).n_bytes as usize;
        for (index, value) in indexed(self.src, elems) {
            self.write(value, elem, data, at + index as usize * n_bytes)?;
        }
        Some(())
    }

    fn write_struct(
        &mut self,
        elems: syntax::List<ExprId>,
        ty: TypeId,
        data: &mut DataBuilder,
        at: usize,
    ) -> Option<()> {
        let types = self.unit.types;
        let tree = self.src.tree;
        for (idx, &elem) in tree[elems].iter().enumerate() {
            let (path, value) = match tree[elem].kind {
                ExprKind::KeyValue { key, value } => {
                    let name = tree.name(tree.as_name(key)?);
                    let types::Lookup::Found(found) = types.lookup(ty, true, Some(self.src.package), name)
                    else {
                        return None;
                    };
                    let types::Member::Field { index, .. } = found.member else { return None };
                    (found.path.iter().copied().chain([index]).collect::<Vec<u32>>(), value)
                }
                _ => (vec![idx as u32], elem),
            };
            let (_, struct_) = types.as_struct(ty)?;
            if struct_.fields[path[0] as usize].name.symbol.is_blank() {
                // A blank field stays zero; its value is evaluated when it can have an effect.
                self.src.info.value_of(value)?;
                continue;
            }
            let (mut field_ty, mut field_at) = (ty, at);
            for index in path {
                let (id, struct_) = types.as_struct(field_ty)?;
                field_at += types.struct_layout(id).offsets[index as usize] as usize;
                field_ty = types.canonical(struct_.fields[index as usize].ty);
            }
            self.write(value, field_ty, data, field_at)?;
        }
        Some(())
    }

    /// An interface that holds a static value of a concrete type.
    fn write_interface(&mut self, id: ExprId, ty: TypeId, data: &mut DataBuilder, at: usize) -> Option<()> {
        let types = self.unit.types;
        let mut from = self.type_of(id)?;
        if types.as_interface(from).is_some() && self.src.info.value_of(id).is_none() {
            return None;
        }
        if let Some(value) = self.src.info.value_of(id) {
            if types.is_untyped(from) || types.as_interface(from).is_some() {
                from = default_type(value);
            }
            let symbol = self.unit.constant_data(value, from);
            data.addr(at + 8, symbol, 0);
        } else if is_direct_iface(self.unit, from) {
            self.write(id, from, data, at + 8)?;
        } else if self.only_constants || self.unit.shape(from).n_bytes == 0 {
            return None;
        } else {
            let part = self.part(from, |eval, part| eval.write(id, from, part, 0))?;
            data.addr(at + 8, part, 0);
        }
        let table = if interface_methods(types, ty).is_empty() {
            self.unit.type_desc(from)
        } else {
            self.unit.itab(ty, from)
        };
        data.addr(at, table, 0);
        Some(())
    }
}

/// The elements of an array or slice literal with their indices.
fn indexed(src: Source<'_>, elems: syntax::List<ExprId>) -> Vec<(u64, ExprId)> {
    let mut next = 0;
    let mut list = Vec::with_capacity(elems.len());
    for &elem in &src.tree[elems] {
        let value = match src.tree[elem].kind {
            ExprKind::KeyValue { key, value } => {
                let key = src.info.value_of(key).expect("an index of a literal is constant");
                next = int_bits(key) as u64;
                value
            }
            _ => elem,
        };
        list.push((next, value));
        next += 1;
    }
    list
}

impl FnCx<'_, '_, '_> {
    /// Read-only memory for an array or struct literal in a function, if all its elements are constant and it is large.
    pub(crate) fn static_data(&mut self, id: ExprId, ty: TypeId) -> Option<Symbol> {
        let ExprKind::CompositeLit { elems, .. } = self.src.tree[id].kind else { return None };
        if elems.len() < MIN_STATIC_ELEMS || !self.subst.params.is_empty() {
            return None;
        }
        let mut scratch = Unit::new(self.unit.shared);
        let shape = self.shape(ty);
        let number = self.types.package(self.src.package).number_of(self.src.tree[id].pos);
        let name = Symbol::intern(&format!("{}·lit{number}", self.name.as_str()));
        let mut eval =
            Eval { src: self.src, prefix: name, n_parts: 0, only_constants: true, unit: &mut scratch };
        let mut data = DataBuilder::new(shape.n_bytes as usize, shape.align);
        match self.types.under(ty) {
            Type::Array { elem, .. } => {
                let elem = self.types.canonical(*elem);
                eval.write_elems(elems, elem, &mut data, 0)?;
            }
            _ => eval.write_composite(id, ty, &mut data, 0)?,
        }
        let out = std::mem::take(&mut scratch.out);
        self.unit.absorb(out);
        if self.unit.first_use(name) {
            self.unit.out.data.push(data.finish_readonly(name));
        }
        Some(name)
    }

    /// The elements of an array or slice literal with their indices.
    pub(crate) fn indexed_elems(&self, elems: syntax::List<ExprId>) -> Vec<(u64, ExprId)> {
        indexed(self.src, elems)
    }
}
