//! The compiled documents of an instance, and what applies to a call.

use std::collections::BTreeMap;

use super::document::Document;
use super::effective::Effective;
use super::instance::Instance;
use super::inventory::Inventory;

/// All documents of an instance, compiled.
#[derive(Clone, Debug)]
pub struct Policies {
    pub(super) global: Document,
    pub(super) products: BTreeMap<String, Document>,
    /// By id; a revision that is not the current one is `ID;rev=N`.
    pub(super) apis: BTreeMap<String, Document>,
    /// By API and operation.
    pub(super) operations: BTreeMap<(String, String), Document>,
    pub(super) inventory: Inventory,
    pub(super) unreadable: usize,
    instance: Instance,
}

impl Policies {
    pub(super) fn new(global: Document, instance: Instance) -> Self {
        Self {
            global,
            products: BTreeMap::new(),
            apis: BTreeMap::new(),
            operations: BTreeMap::new(),
            inventory: Inventory::default(),
            unreadable: 0,
            instance,
        }
    }

    /// The instance that the documents are of.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Every policy and expression, and how truly it is emulated.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// How many documents could not be read at all.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The operations that have a document of their own, by API.
    pub fn documented_operations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.operations.keys().map(|(api, operation)| (api.as_str(), operation.as_str()))
    }

    /// The effective policies of an operation, called as one is who needs no
    /// key: by the open product of the API, else by its first product.
    pub fn effective(&self, api: &str, operation: &str) -> Effective {
        self.effective_for(api, operation, self.product_of(api))
    }

    /// The effective policies of an operation that is called by way of a
    /// product, or of none.
    pub fn effective_for(&self, api: &str, operation: &str, product: Option<&str>) -> Effective {
        let narrow = self.operations.get(&(api.to_owned(), operation.to_owned()));
        Effective::fold(&narrow.into_iter().chain(self.api_documents(api, product)).collect::<Vec<_>>())
    }

    /// The effective policies of a call that matched an API and no operation.
    pub fn effective_of_api(&self, api: &str) -> Effective {
        Effective::fold(&self.api_documents(api, self.product_of(api)))
    }

    /// The effective policies of a call that matched nothing.
    pub fn effective_of_nothing(&self) -> Effective {
        Effective::fold(&[&self.global])
    }

    /// The product that an API is in: the open one, else the first.
    pub fn product_of(&self, api: &str) -> Option<&str> {
        let api = api.split(";rev=").next().unwrap_or(api);
        let open = self.instance.open_product_of(api);
        open.or_else(|| self.instance.products_of(api).next()).map(|product| product.id.as_str())
    }

    fn api_documents(&self, api: &str, product: Option<&str>) -> Vec<&Document> {
        let product = product.and_then(|id| self.products.get(id));
        self.apis.get(api).into_iter().chain(product).chain([&self.global]).collect()
    }
}
