//! Picking lists: the shortest walk along the shelves.

use std::collections::BTreeMap;
use std::fmt;

/// Where a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub aisle: u16,
    pub shelf: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.aisle, self.shelf)
    }
}

#[derive(Debug)]
pub enum PickError {
    UnknownSku(String),
}

pub trait Layout {
    fn place(&self, sku: &str) -> Option<Place>;
}

/// The places to visit, in walking order, with how many to take at each.
pub fn picking_list<L: Layout>(layout: &L, order: &[(String, u32)]) -> Result<Vec<(Place, u32)>, PickError> {
    let mut stops: BTreeMap<Place, u32> = BTreeMap::new();
    for (sku, quantity) in order {
        let place = locate(layout, sku)?;
        *stops.entry(place).or_insert(0) += quantity;
    }
    Ok(stops.into_iter().collect())
}

fn locate<L: Layout>(layout: &L, sku: &str) -> Result<Place, PickError> {
    match layout.place(sku) {
        Some(place) => Ok(place),
        None => Err(PickError::UnknownSku(sku.to_string())),
    }
}
