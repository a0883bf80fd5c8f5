//! The model classes: the objects that the API returns, as frozen Python classes.
//!
//! `cargo xtask codegen` writes the classes (`generated/models.rs`) from the contract. The macro that defines a class is in
//! `models/class.rs`, and the conversion of each type of attribute in `models/field.rs`; that of the arguments of
//! constructors is in `models/given.rs`.

pub(crate) mod class;
pub(crate) mod field;
pub(crate) mod given;

pub(crate) use class::Model;
pub(crate) use field::Field;

pub(crate) use crate::generated::models::*;
