//! The formats of a scene.

use std::str::FromStr;

use serde_json::Value;

use crate::api::object_reader::ObjectReader;
use crate::scene::data::{InvalidScene, Scene};
use crate::scene::{parse, python_code, rust_code, write};

impl Scene {
    /// The scene of a JSON document.
    ///
    /// # Errors
    ///
    /// If the document does not have the format of a scene. The error names all invalid fields.
    pub fn from_json(json: Value) -> Result<Self, InvalidScene> {
        let read = ObjectReader::new(json).and_then(parse::scene);
        read.map_err(|error| InvalidScene(error.message().to_owned()))
    }

    /// The JSON document. Rules with a condition in code cannot be written, and are omitted.
    #[must_use]
    pub fn to_json(&self) -> Value {
        write::scene(self)
    }

    /// The JSON document as a file, for `bird-connectors sandbox --scene FILE`. Characters that are not seen are escaped.
    #[cfg(feature = "ui")]
    pub(crate) fn to_file(&self) -> String {
        write::file(self)
    }

    /// A Rust file with a function that returns the builder of a sandbox with this scene, and a test that starts it.
    #[must_use]
    pub fn to_rust(&self) -> String {
        rust_code::file(self)
    }

    /// A Python file with a pytest fixture that starts a sandbox with this scene, and a test that uses it.
    #[must_use]
    pub fn to_pytest(&self) -> String {
        python_code::file(self)
    }
}

impl FromStr for Scene {
    type Err = InvalidScene;

    fn from_str(json: &str) -> Result<Self, Self::Err> {
        let json = serde_json::from_str(json);
        let json = json.map_err(|error| InvalidScene(format!("it is not valid JSON: {error}")))?;
        Self::from_json(json)
    }
}
