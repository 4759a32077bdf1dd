use std::{io, fmt::{self as f, Display}};
use super::x::*;
/// Says S.
#[derive(A)]
pub struct S<T: Tr> { pub a: u8, b: Vec<T> }
pub(crate) enum E { A, B(u8) }
impl<T> Display for m::S<T> {
    const K: u8 = 1;
    pub async fn f(&self, x: u8) -> E { let y = g(x); self.a = y; mac!(y); E::B(y) }
}
trait T2: Sup { fn req(&self); }
mod m { static ST: u8 = 1; }
macro_rules! mm { () => {} }
