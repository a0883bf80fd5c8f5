use serde_json::json;
use syn::parse_quote;

use super::*;

fn document() -> Value {
    json!({"components": {"schemas": {
        "Parcel": {
            "description": "A parcel.",
            "properties": {
                "parcelId": {"description": "Its id.\n"},
                "size": {"$ref": "#/components/schemas/Size"},
                "type": {"description": "Its type."},
            },
        },
        "ParcelPage": {"properties": {"nextPageToken": {}, "results": {}}},
        "CreateParcel": {"properties": {}},
        "Size": {"description": "How large it is.", "type": "string"},
    }}})
}

fn types() -> syn::File {
    parse_quote! {
        pub struct Parcel {
            #[serde(rename = "parcelId")]
            pub parcel_id: Uuid,
            pub size: Size,
            #[serde(rename = "type")]
            pub type_: String,
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }
    }
}

fn reach() -> Reach {
    let replied = ["Parcel", "ParcelPage", "Size"].map(str::to_owned);
    Reach {
        replied: replied.into(),
        ..Reach::default()
    }
}

fn order(properties: &str) -> PropertyOrder {
    PropertyOrder::of(&format!(
        "components: {{schemas: {{Parcel: {{properties: {{{properties}}}}}}}}}"
    ))
    .unwrap()
}

#[test]
fn objects_in_replies_are_models_and_pages_are_not() {
    let models = collect(
        &document(),
        &types(),
        &reach(),
        &order("type: , size: , parcelId: "),
    )
    .unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(models[0].name, "Parcel");
    assert_eq!(models[0].description, "A parcel.");
    let attributes: Vec<_> = models[0]
        .attributes
        .iter()
        .map(|attribute| {
            let field = attribute.field.ident.as_ref().unwrap().to_string();
            (
                attribute.name.as_str(),
                field,
                attribute.description.as_str(),
            )
        })
        .collect();
    assert_eq!(
        attributes,
        [
            ("type", "type_".to_owned(), "Its type."),
            ("size", "size".to_owned(), "How large it is."),
            ("parcel_id", "parcel_id".to_owned(), "Its id."),
        ]
    );
}

#[test]
fn schema_that_does_not_match_its_struct_fails() {
    let mut undescribed = document();
    undescribed["components"]["schemas"]["Parcel"]["properties"]["type"] = json!({});
    let all = "type: , size: , parcelId: ";
    for (document, properties, reason) in [
        (undescribed, all, "the property type has no description"),
        (
            document(),
            "type: , size: ",
            "the Rust struct has 3 fields, but the schema lists 2 properties",
        ),
        (
            document(),
            "weight: ",
            "the Rust struct has no field for the property weight",
        ),
    ] {
        let error = collect(&document, &types(), &reach(), &order(properties)).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            format!("the schema Parcel cannot be a Python class: {reason}")
        );
    }
}
