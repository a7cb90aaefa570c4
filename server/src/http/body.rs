//! JSON bodies of requests: what is wrong with one is said by the name of its field.

use actix_web::web::Json;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ApiError;

/// A body, once it is known to be JSON, as what is due.
///
/// # Errors
/// 400 `bad_request`, with the field that is at fault as far as that is known.
pub(super) fn read<T: DeserializeOwned>(Json(body): Json<Value>) -> Result<T, ApiError> {
    // By itself serde would take a list for the fields in their order.
    if !body.is_object() {
        return Err(ApiError::bad_request("a JSON object is due"));
    }
    serde_path_to_error::deserialize(body).map_err(|cause| {
        let field = cause.path().to_string();
        let cause = ApiError::bad_request(&cause.into_inner().to_string());
        // "." is the body itself, "?" what no name was found for.
        if field == "." || field.contains('?') { cause } else { cause.in_field(&field) }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use actix_web::ResponseError;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Wanted {
        private: bool,
        options: BTreeMap<String, String>,
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (body, field) in [
            (json!({"private": "yes"}), Some("private")),
            (json!({"options": {"world": 8}}), Some("options.world")),
            (json!({"options": []}), Some("options")),
            (json!({"colour": 1}), Some("colour")),
            (json!([]), None),
            (json!([true]), None),
            (json!("x"), None),
        ] {
            let error = read::<Wanted>(Json(body.clone())).unwrap_err();
            assert_eq!(error.field(), field, "{body}: {error}");
            assert_eq!(error.status_code(), 400);
        }
        let wanted: Wanted = read(Json(json!({"private": true, "options": {"a": "b"}}))).unwrap();
        assert!(wanted.private && wanted.options["a"] == "b");
    }
}
