//! Types in the stubs for objects whose type Rust has erased.

use std::marker::PhantomData;

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{type_hint_identifier, type_hint_subscript, type_hint_union};

/// The type of a value in the stubs.
pub(crate) trait Hint {
    const HINT: PyStaticExpr;
}

/// An object with a type that only the stubs contain.
pub(crate) struct Typed<H>(Py<PyAny>, PhantomData<H>);

impl<H> Typed<H> {
    pub(crate) fn new(object: Py<PyAny>) -> Self {
        Self(object, PhantomData)
    }
}

impl<'py, H: Hint> IntoPyObject<'py> for Typed<H> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = std::convert::Infallible;

    const OUTPUT_TYPE: PyStaticExpr = H::HINT;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0.into_bound(py))
    }
}

pub(crate) const NONE: PyStaticExpr = PyStaticExpr::Constant {
    value: pyo3::inspect::PyStaticConstant::None,
};
pub(crate) const ANY: PyStaticExpr = type_hint_identifier!("typing", "Any");
pub(crate) const STR: PyStaticExpr = type_hint_identifier!("builtins", "str");
const ELLIPSIS: PyStaticExpr = PyStaticExpr::Constant {
    value: pyo3::inspect::PyStaticConstant::Ellipsis,
};

/// A mapping from strings to values of a type.
macro_rules! mapping_of {
    ($values:expr) => {
        pyo3::type_hint_subscript!(
            pyo3::type_hint_identifier!("collections.abc", "Mapping"),
            $crate::hints::STR,
            $values
        )
    };
}
pub(crate) use mapping_of;

macro_rules! hint {
    ($($name:ident $(<$parameter:ident>)? = $hint:expr;)*) => {$(
        pub(crate) struct $name $(<$parameter>(PhantomData<$parameter>))?;

        impl $(<$parameter: Hint>)? Hint for $name $(<$parameter>)? {
            const HINT: PyStaticExpr = $hint;
        }
    )*};
}

hint! {
    Dict = type_hint_subscript!(type_hint_identifier!("builtins", "dict"), STR, ANY);
    JsonObjects = type_hint_subscript!(type_hint_identifier!("builtins", "list"), Dict::HINT);
    AnyValue = ANY;
    Text = STR;
    Texts = type_hint_subscript!(type_hint_identifier!("builtins", "tuple"), STR, STR, STR);
    // The following are defined in Python, in `_types.py` and `_records.py`.
    CallOf<T> = type_hint_subscript!(type_hint_identifier!("bird_connectors._types", "Call"), T::HINT);
    ListOf<T> = type_hint_subscript!(type_hint_identifier!("bird_connectors._types", "Listing"), T::HINT);
    Steps = type_hint_subscript!(
        type_hint_identifier!("bird_connectors._types", "Stream"),
        type_hint_identifier!("bird_connectors._records", "Progress")
    );
    Deleted = type_hint_identifier!("bird_connectors._records", "Deleted");
    EnsuredSubscription = type_hint_identifier!("bird_connectors._records", "EnsuredSubscription");
    EnsureReport = type_hint_identifier!("bird_connectors._records", "EnsureReport");
    WaitTotals = type_hint_identifier!("bird_connectors._records", "WaitTotals");
    WaitSteps = type_hint_subscript!(
        type_hint_identifier!("bird_connectors._types", "Stream"),
        type_hint_identifier!("bird_connectors._records", "WaitResult")
    );
    InstallSteps = type_hint_subscript!(
        type_hint_identifier!("bird_connectors._types", "Stream"),
        type_hint_identifier!("bird_connectors._records", "InstallResult")
    );
    ChannelSubscriptions = type_hint_identifier!("bird_connectors._records", "ChannelSubscriptions");
    ApplySteps = type_hint_subscript!(
        type_hint_identifier!("bird_connectors._types", "Stream"),
        type_hint_subscript!(type_hint_identifier!("builtins", "tuple"), ANY, ELLIPSIS)
    );
}

impl<T: Hint> Hint for Option<T> {
    const HINT: PyStaticExpr = type_hint_union!(T::HINT, NONE);
}

impl<T: Hint> Hint for Vec<T> {
    const HINT: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "tuple"),
        T::HINT,
        ELLIPSIS
    );
}
