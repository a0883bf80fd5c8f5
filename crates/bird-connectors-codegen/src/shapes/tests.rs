use serde_json::json;

use super::*;

fn contract(schemas: Value) -> Value {
    json!({
        "paths": {"/parcels": {
            "get": {
                "operationId": "listParcels",
                "x-permission": "view /parcels",
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Parcel"}}}},
                    "404": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}},
                },
            },
            "post": {
                "operationId": "createParcel",
                "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Created"}}}}},
            },
        }},
        "components": {"schemas": schemas},
    })
}

#[test]
fn table_has_every_distinction_that_a_comparison_needs() {
    let shapes = collect(&contract(json!({
        "Parcel": {"type": "object", "required": ["id"], "properties": {
            "id": {"allOf": [{"$ref": "#/components/schemas/ParcelId"}]},
            "holder": {"anyOf": [{"$ref": "#/components/schemas/Holder"}, {"type": "object", "nullable": true, "maxProperties": 0}]},
            "state": {"allOf": [{"$ref": "#/components/schemas/State"}]},
            "notes": {"type": "object", "nullable": true, "additionalProperties": true},
            "tags": {"type": "array", "items": {"type": "string"}},
            "sentAt": {"type": "string", "format": "date-time"},
            "owner": {"anyOf": [{"$ref": "#/components/schemas/ParcelId"}, {"type": "string", "maxLength": 0}]},
            "anything": {},
        }},
        "ParcelId": {"type": "string", "format": "uuid"},
        "Holder": {"type": "object", "properties": {"weight": {"type": "integer"}}},
        "State": {"anyOf": [{"type": "string", "x-open": true, "enum": ["waiting", "sent"]}, {"type": "string"}]},
        "ErrorBody": {"type": "object", "properties": {}},
        "Created": {"type": "object", "properties": {}},
    })))
    .unwrap();

    let reads: Vec<_> = shapes
        .reads
        .iter()
        .map(|read| {
            (
                read.operation.as_str(),
                read.object.as_str(),
                read.permission.as_deref(),
            )
        })
        .collect();
    assert_eq!(reads, [("listParcels", "Parcel", Some("view /parcels"))]);
    let names: Vec<&str> = shapes
        .objects
        .iter()
        .map(|object| object.name.as_str())
        .collect();
    assert_eq!(names, ["Holder", "Parcel"]);
    let fields = &shapes.objects[1].fields;
    let of = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
    assert!(of("id").required && !of("state").required);
    assert_eq!(of("id").shape, Shape::Uuid);
    assert_eq!(
        of("holder").shape,
        Shape::OneOf(vec![
            Shape::Object("Holder".to_owned()),
            Shape::Empty,
            Shape::Null
        ])
    );
    let values = ["waiting", "sent"].map(str::to_owned).to_vec();
    assert_eq!(of("state").shape, Shape::Values(values));
    assert_eq!(
        of("notes").shape,
        Shape::OneOf(vec![Shape::FreeObject, Shape::Null])
    );
    assert_eq!(of("tags").shape, Shape::List(Box::new(Shape::Text)));
    assert_eq!(of("sentAt").shape, Shape::DateTime);
    assert_eq!(
        of("owner").shape,
        Shape::OneOf(vec![Shape::Uuid, Shape::Empty])
    );
    assert_eq!(of("anything").shape, Shape::Any);
}

#[test]
fn unknown_type_is_an_error_that_names_the_field() {
    let schemas = json!({"Parcel": {"type": "object", "properties": {"size": {"type": "tuple"}}}});
    let error = format!("{:#}", collect(&contract(schemas)).unwrap_err());
    assert!(
        error.contains("the schema Parcel: the field size: the type tuple"),
        "{error}"
    );
}
