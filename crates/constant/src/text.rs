//! String constants: byte strings whose concatenation is put off until someone reads the bytes.
//!
//! Programs build long constants from thousands of pieces (`"a" + "b" + ...`); joining eagerly would be quadratic, and
//! doubling a constant forty times must fail by its length, not by the memory it takes.

use std::sync::{Arc, Mutex, PoisonError};

/// A string constant.
#[derive(Clone)]
pub(crate) struct Text(Arc<Node>);

struct Node {
    len: u64,
    state: Mutex<State>,
}

enum State {
    Flat(Arc<[u8]>),
    Joined(Text, Text),
}

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Text {
        Text::from_state(bytes.len() as u64, State::Flat(bytes.into()))
    }

    fn from_state(len: u64, state: State) -> Text {
        Text(Arc::new(Node { len, state: Mutex::new(state) }))
    }

    /// The number of bytes, without joining anything.
    pub(crate) fn len(&self) -> u64 {
        self.0.len
    }

    pub(crate) fn concat(&self, y: &Text) -> Text {
        match (self.len(), y.len()) {
            (0, _) => y.clone(),
            (_, 0) => self.clone(),
            (m, n) => Text::from_state(m.saturating_add(n), State::Joined(self.clone(), y.clone())),
        }
    }

    /// The first `n_bytes` bytes, or all if there are fewer, without joining the rest.
    pub(crate) fn prefix(&self, n_bytes: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut pending = vec![self.clone()];
        while let Some(text) = pending.pop() {
            match &*text.0.lock() {
                State::Flat(piece) => {
                    bytes.extend_from_slice(&piece[..piece.len().min(n_bytes - bytes.len())])
                }
                State::Joined(left, right) => pending.extend([right.clone(), left.clone()]),
            }
            if bytes.len() == n_bytes {
                break;
            }
        }
        bytes
    }

    /// The bytes; the first call joins the pieces.
    pub(crate) fn bytes(&self) -> Arc<[u8]> {
        let (left, right) = match &*self.0.lock() {
            State::Flat(bytes) => return Arc::clone(bytes),
            State::Joined(left, right) => (left.clone(), right.clone()),
        };
        let flat = flatten(self.len() as usize, left, right);
        *self.0.lock() = State::Flat(Arc::clone(&flat));
        flat
    }
}

impl Node {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A state is replaced in one assignment, so a panic elsewhere cannot have left half of one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins with an explicit stack: chains are as long as the source makes them.
fn flatten(len: usize, left: Text, right: Text) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(len);
    let mut pending = vec![right, left];
    while let Some(text) = pending.pop() {
        match &*text.0.lock() {
            State::Flat(piece) => bytes.extend_from_slice(piece),
            State::Joined(left, right) => pending.extend([right.clone(), left.clone()]),
        }
    }
    bytes.into()
}

impl Drop for Node {
    /// Takes long chains apart with an explicit stack.
    fn drop(&mut self) {
        let mut pending = Vec::new();
        take_pieces(self, &mut pending);
        while let Some(text) = pending.pop() {
            if let Some(mut node) = Arc::into_inner(text.0) {
                take_pieces(&mut node, &mut pending);
            }
        }
    }
}

fn take_pieces(node: &mut Node, pieces: &mut Vec<Text>) {
    let state = node.state.get_mut().unwrap_or_else(PoisonError::into_inner);
    if matches!(state, State::Joined(..))
        && let State::Joined(left, right) = std::mem::replace(state, State::Flat(Arc::new([])))
    {
        pieces.extend([left, right]);
    }
}
