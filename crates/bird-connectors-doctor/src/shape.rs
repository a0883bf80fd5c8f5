//! The types of the generated table of the contract's responses.

/// A read of the contract.
#[derive(Debug)]
pub(crate) struct Read {
    /// The operation, such as `listChannels`.
    pub(crate) operation: &'static str,
    /// The name of the object that it returns.
    pub(crate) object: &'static str,
    /// The permission that the access key needs, if it is documented.
    pub(crate) permission: Option<&'static str>,
}

/// An object of a response.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

/// What a value may be. The generator writes each variant that the contract needs.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code)] // A contract does not have to use every variant.
pub(crate) enum Shape {
    /// The contract does not know the type.
    Any,
    Null,
    /// An empty string, or an object without fields.
    Empty,
    Text,
    Uuid,
    DateTime,
    Boolean,
    Integer,
    Number,
    /// A string. The contract lists these values.
    Values(&'static [&'static str]),
    /// An object with any keys.
    FreeObject,
    /// The object with this name.
    Object(&'static str),
    List(&'static Shape),
    OneOf(&'static [Shape]),
}
