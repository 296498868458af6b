//! What the API answers, as a type.

use serde::{Deserialize, Serialize};

/// A character as <https://rickandmortyapi.com/documentation/> describes it under
/// "Character schema". Text that is none of this is no character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Character {
    /// From 1 up.
    pub id: u32,
    /// The full name.
    pub name: String,
    /// Whether it lives.
    pub status: Status,
    /// Such as `Human`.
    pub species: String,
    /// The subspecies; often empty.
    #[serde(rename = "type")]
    pub kind: String,
    /// As far as it is known.
    pub gender: Gender,
    /// Where it comes from.
    pub origin: Place,
    /// Where it was seen last.
    pub location: Place,
    /// The address of a picture.
    pub image: String,
    /// The addresses of the episodes in which it appears.
    pub episode: Vec<String>,
    /// Its own address.
    pub url: String,
    /// When it was put into the API's database, as in `2017-11-04T18:48:46.250Z`.
    pub created: String,
}

/// Whether a character lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Status {
    Alive,
    Dead,
    #[serde(rename = "unknown")]
    Unknown,
}

/// A character's gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Gender {
    Female,
    Male,
    Genderless,
    #[serde(rename = "unknown")]
    Unknown,
}

/// A place, as characters name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Such as `The river bank`.
    pub name: String,
    /// Its address; empty if the place is unknown.
    pub url: String,
}
