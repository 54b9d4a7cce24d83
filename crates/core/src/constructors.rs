//! Defines constructors of structs that other crates contain as static data.

/// Adds `new`, with the arguments in parentheses, and a method for each field that has a default. New fields get a
/// default, so that tables that other crates contain still compile.
macro_rules! constructors {
    ($type:ident($($field:ident: $field_type:ty),*) $($option:ident: $option_type:ty = $default:expr),*) => {
        impl $type {
            /// Creates a value. The other fields have defaults, and a method each that sets them.
            #[must_use]
            pub const fn new($($field: $field_type),*) -> Self {
                Self { $($field,)* $($option: $default),* }
            }

            $(
                #[doc = concat!("Sets the field `", stringify!($option), "`.")]
                #[must_use]
                pub const fn $option(mut self, $option: $option_type) -> Self {
                    self.$option = $option;
                    self
                }
            )*
        }
    };
}

pub(crate) use constructors;
