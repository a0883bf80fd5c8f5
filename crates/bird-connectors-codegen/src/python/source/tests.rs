use syn::parse_quote;

use super::*;

fn model(attributes: Vec<Attribute>) -> Model {
    Model {
        name: "Parcel".to_owned(),
        description: "A parcel.".to_owned(),
        attributes,
    }
}

fn attribute(name: &str, field: syn::Field) -> Attribute {
    Attribute {
        name: name.to_owned(),
        description: format!("The {name}."),
        field,
    }
}

#[test]
fn keyword_attribute_names_its_field() {
    let model = model(vec![
        attribute("id", parse_quote!(pub id: ::uuid::Uuid)),
        attribute(
            "type",
            parse_quote!(#[serde(rename = "type")] pub type_: Option<String>),
        ),
    ]);
    let source = source(&[model], &[], &["ParcelId".to_owned()]).unwrap();
    for part in [
        "use uuid::Uuid;\n",
        "ids! {\n    ParcelId\n}\n",
        "    /// A parcel.\n    Parcel {\n        /// The id.\n        id \"id\": Uuid,\n",
        "        r#type = type_ \"type\": Option<String> = None,\n    }\n}\n",
    ] {
        assert!(source.contains(part), "lacks {part}:\n{source}");
    }
}

#[test]
fn secret_is_mentioned_in_the_documentation_of_the_class() {
    let model = model(vec![attribute(
        "pickup_code",
        parse_quote!(pub pickup_code: Option<crate::Secret>),
    )]);
    let source = source(&[model], &[], &[]).unwrap();
    assert!(
        source.contains("/// `pickup_code` is a secret: `repr`,"),
        "{source}"
    );
}

#[test]
fn required_secret_fails() {
    let model = model(vec![attribute(
        "pickup_code",
        parse_quote!(pub pickup_code: crate::Secret),
    )]);
    let error = source(&[model], &[], &[]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "the Python class Parcel: the secret pickup_code must be optional: `to_dict` omits it"
    );
}
