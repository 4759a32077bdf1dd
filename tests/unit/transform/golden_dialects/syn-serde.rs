//! A shop.
use std::{collections::HashMap as Map, fmt::*, io::{self, Read}};
use super::Box;
extern crate core as kernel;

/// A till
/// with "drawers".
#[derive(Debug, Clone)]
pub struct Till<'a, T: Ware> where T: Copy {
    pub wares: Vec<T>,
    name: &'a str,
}

struct Pair(i32, pub u8);

pub(crate) enum Side {
    Left,
    Right(i32),
    Named { width: u8 },
}

const LIMIT: usize = 3;
static mut COUNT: [u8; 2] = [1; 2];
type Outcome<T> = Result<T, std::boxed::Box<dyn Error>>;

pub trait Ware: Clone {
    const CODE: u8 = 1;
    type Out;
    fn price(&self) -> f64;
}

impl<'a, T> Ware for Till<'a, T> {
    type Out = (i32, char);
    fn price(&self) -> f64 {
        let (mut sum, _): (i32, _) = (self.wares.len() as i32 + LIMIT, 'x');
        sum += 1;
        if let Some(last) = find(sum) && last > 1 {
            last.count = 3;
            return 1.0;
        }
        match sum {
            1 | 2 => {}
            Pair(left, ..) if left > 0 => print!("{}", left),
            Till { wares, name: _ } => (),
            None => loop { break; },
        }
        for side in 0..3 {
            shelves::<u8>(side)?;
        }
        let add = |a: i32, b| a + b;
        Till { wares: vec![], name: "é" };
        -2.5
    }
}

mod inner {
    extern "C" {
        fn quit(code: i32);
    }
}

macro_rules! shout {
    () => {};
}

pub async unsafe fn find<const N: usize>(sides: &mut [Side; N], mut rule: impl Fn(i32) -> u8) {
    async move { rule.await };
}
