//! Definitions over a real socket, as clients ask for them.

use super::rig::Rig;

const ACCOUNT: &str = "/EntityDefinitions(LogicalName='account')";

#[tokio::test]
async fn tables_are_found_by_name_and_id_with_what_is_selected_and_expanded() {
    let rig = Rig::start(false).await;
    let list = rig
        .get("/EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute&$filter=IsPrivate eq false and (LogicalName eq 'contact')")
        .await;
    let one = &list.body["value"][0];
    assert_eq!((list.status, list.body["value"].as_array().map(Vec::len)), (200, Some(1)), "{}", list.body);
    assert_eq!((one["EntitySetName"].as_str(), one["SchemaName"].as_str()), (Some("contacts"), None));
    let id = one["MetadataId"].as_str().expect("an id").to_owned();
    let found = rig
        .get(&format!("/EntityDefinitions({id})?$select=LogicalName&$expand=Keys($select=KeyAttributes),Attributes($select=LogicalName;$filter=AttributeType eq 'Customer')"))
        .await;
    assert_eq!(found.body["Keys"][0]["KeyAttributes"][0], "emailaddress1", "{}", found.body);
    assert_eq!(found.body["Attributes"].as_array().map(Vec::len), Some(1));
    assert_eq!(found.body["Attributes"][0]["LogicalName"], "parentcustomerid");
    assert!(found.body["@odata.context"].as_str().is_some_and(|c| c.ends_with("$metadata#EntityDefinitions/$entity")));
    let label = rig.get(&format!("{ACCOUNT}/DisplayName")).await;
    assert_eq!(label.body["UserLocalizedLabel"]["Label"], "Account");
    let all = rig.get("/EntityDefinitions?$count=true&$top=2&$orderby=LogicalName desc").await;
    assert_eq!(
        (all.body["value"].as_array().map(Vec::len), &all.body["value"][0]["LogicalName"]),
        (Some(2), &"task".into())
    );
    rig.stop().await;
}

#[tokio::test]
async fn columns_tell_their_kind_and_choices_are_expanded_under_a_cast() {
    let rig = Rig::start(false).await;
    let of = |rest: &str| format!("{ACCOUNT}/Attributes{rest}");
    let picklists = of(
        "/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet",
    );
    let found = rig.get(&picklists).await;
    let names: Vec<_> =
        found.body["value"].as_array().expect("a list").iter().map(|a| a["LogicalName"].clone()).collect();
    assert_eq!(names, ["accountcategorycode", "industrycode"]);
    let options = &found.body["value"][0]["OptionSet"]["Options"];
    assert_eq!(options[1]["Label"]["LocalizedLabels"][0]["Label"], "Standard");
    assert!(found.body["value"][0].get("@odata.type").is_none(), "the context tells it");
    let name = rig.get(&of("(LogicalName='name')")).await;
    assert_eq!(name.body["@odata.type"], "#Microsoft.Dynamics.CRM.StringAttributeMetadata");
    assert_eq!((&name.body["MaxLength"], &name.body["IsPrimaryName"]), (&320.into(), &true.into()));
    assert_eq!(name.body["RequiredLevel"]["Value"], "SystemRequired");
    let cast =
        rig.get(&of("(LogicalName='name')/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=MaxLength")).await;
    assert_eq!(cast.body["MaxLength"], 320);
    let set = rig.get(&of("(LogicalName='statuscode')/Microsoft.Dynamics.CRM.StatusAttributeMetadata/OptionSet")).await;
    assert_eq!(set.body["Options"][1]["State"], 1, "{}", set.body);
    for (rest, status) in [
        ("(LogicalName='nothing')", 404),
        ("?$select=MaxLength", 400),
        ("?$expand=OptionSet", 400),
        ("(LogicalName='name')/OptionSet", 404),
    ] {
        assert_eq!(rig.get(&of(rest)).await.status, status, "{rest}");
    }
    let lookups = rig.get(&of("/Microsoft.Dynamics.CRM.LookupAttributeMetadata?$select=LogicalName,Targets")).await;
    let targets = lookups.body["value"].as_array().expect("a list");
    assert!(targets.iter().any(|l| l["LogicalName"] == "createdby" && l["Targets"][0] == "systemuser"));
    rig.stop().await;
}

#[tokio::test]
async fn relationships_are_told_from_both_sides_and_shared_choices_by_name() {
    let rig = Rig::start(false).await;
    let far = rig.get(&format!("{ACCOUNT}/OneToManyRelationships?$filter=ReferencingEntity eq 'contact'")).await;
    let one = &far.body["value"][0];
    assert_eq!(one["SchemaName"], "contact_customer_accounts", "{}", far.body);
    assert_eq!(one["ReferencingEntityNavigationPropertyName"], "parentcustomerid_account");
    assert_eq!(one["CascadeConfiguration"]["Delete"], "Cascade");
    let near = rig.get("/EntityDefinitions(LogicalName='contact')/ManyToOneRelationships?$select=SchemaName").await;
    assert!(near.body["value"].as_array().is_some_and(|all| all.iter().any(|r| r["SchemaName"] == one["SchemaName"])));
    let many = rig.get("/RelationshipDefinitions/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata").await;
    assert_eq!(many.body["value"][0]["Entity2LogicalName"], "lead");
    let by_name = rig.get("/RelationshipDefinitions?$filter=SchemaName eq 'contact_customer_accounts'").await;
    assert_eq!(by_name.body["value"][0]["MetadataId"], one["MetadataId"]);
    let choice = rig.get("/GlobalOptionSetDefinitions(Name='new_interest')").await;
    assert_eq!(choice.body["Options"][2]["Value"], 100_000_002);
    rig.stop().await;
}

#[tokio::test]
async fn functions_tell_who_calls_which_version_and_what_bulk_actions_there_are() {
    let rig = Rig::start(false).await;
    let (plain, called) = (rig.get("/WhoAmI").await, rig.get("/WhoAmI()").await);
    assert_eq!((plain.status, &plain.body), (200, &called.body));
    let users = rig.get(&format!("/systemusers({})", plain.body["UserId"].as_str().expect("an id"))).await;
    assert_eq!(users.body["fullname"], "# gateway", "{}", users.body);
    assert!(rig.get("/RetrieveVersion()").await.body["Version"].as_str().is_some_and(|v| v.starts_with("9.2.")));
    let detail =
        rig.get("/RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')").await;
    assert_eq!(detail.body["Detail"]["OrganizationId"], plain.body["OrganizationId"]);
    let probe = |message: &str, table: &str| {
        format!(
            "/sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @message and primaryobjecttypecode eq @table&@message='{message}'&@table='{table}'"
        )
    };
    for (message, table, there) in [
        ("CreateMultiple", "account", 1),
        ("DeleteMultiple", "account", 0),
        ("DeleteMultiple", "new_reading", 1),
        ("CreateMultiple", "x", 0),
    ] {
        let found = rig.get(&probe(message, table)).await;
        assert_eq!(found.body["value"].as_array().map(Vec::len), Some(there), "{message} {table}");
    }
    let query = r#"{"Properties":{"PropertyNames":["LogicalName","Attributes"]},"Criteria":{"Conditions":[{"PropertyName":"LogicalName","ConditionOperator":"Equals","Value":{"Type":"System.String","Value":"account"}}]},"AttributeQuery":{"Properties":{"PropertyNames":["MaxLength"]},"Criteria":{"Conditions":[{"PropertyName":"LogicalName","ConditionOperator":"Equals","Value":{"Type":"System.String","Value":"name"}}]}}}"#;
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let changes = rig.get(&format!("/RetrieveMetadataChanges(Query=@p1)?@p1={query}")).await;
    assert_eq!(changes.body["EntityMetadata"][0]["Attributes"][0]["MaxLength"], 320, "{}", changes.body);
    assert_eq!(changes.body["EntityMetadata"][0]["Attributes"].as_array().map(Vec::len), Some(1));
    rig.stop().await;
}

#[tokio::test]
async fn the_csdl_document_is_well_formed_and_binds_navigation_properties() {
    let rig = Rig::start(false).await;
    let (kind, text) = rig.text("/$metadata").await;
    assert_eq!(kind, "application/xml");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let find = |tag: &str, name: &str| {
        document.descendants().find(|n| n.tag_name().name() == tag && n.attribute("Name") == Some(name))
    };
    let contact = find("EntityType", "contact").expect("a type");
    let to_account =
        contact.children().find(|n| n.attribute("Name") == Some("parentcustomerid_account")).expect("a property");
    assert_eq!(to_account.attribute("Type"), Some("mscrm.account"));
    let partner = to_account.attribute("Partner").expect("a partner").to_owned();
    let account = find("EntityType", "account").expect("a type");
    let back = account.children().find(|n| n.attribute("Name") == Some(&partner)).expect("the other side");
    assert_eq!(
        (back.attribute("Type"), back.attribute("Partner")),
        (Some("Collection(mscrm.contact)"), Some("parentcustomerid_account"))
    );
    // Every name of a type leads to one.
    for node in document.descendants() {
        for attribute in node.attributes().filter(|a| matches!(a.name(), "Type" | "EntityType" | "BaseType")) {
            let name = attribute.value().trim_start_matches("Collection(").trim_end_matches(')');
            if let Some(name) = name.strip_prefix("mscrm.") {
                let there = ["EntityType", "ComplexType", "EnumType"].iter().any(|tag| find(tag, name).is_some());
                assert!(there, "{name}");
            }
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn declared_actions_and_functions_are_in_the_metadata_document() {
    let rig = Rig::start(false).await;
    let (_, text) = rig.text("/$metadata").await;
    let document = roxmltree::Document::parse(&text).expect("XML");
    let find = |tag: &str, name: &str| {
        let named = |e: &roxmltree::Node<'_, '_>| e.has_tag_name((EDM, tag)) && e.attribute("Name") == Some(name);
        document.descendants().find(named).unwrap_or_else(|| panic!("no {tag} {name}"))
    };
    let shown = |element: roxmltree::Node<'_, '_>| -> Vec<String> {
        let parts = element.children().filter(roxmltree::Node::is_element);
        parts.map(|e| format!("{} {}", e.attribute("Name").unwrap_or_default(), e.attribute("Type").unwrap())).collect()
    };
    let close = find("Action", "new_CloseAccount");
    assert_eq!(close.attribute("IsBound"), Some("true"));
    assert_eq!(shown(close), ["entity mscrm.account", "Reason Edm.String", " mscrm.new_CloseAccountResponse"]);
    assert_eq!(shown(find("ComplexType", "new_CloseAccountResponse")), ["Closed Edm.Boolean", "AccountId Edm.Guid"]);
    let import = find("Action", "new_Import");
    assert_eq!(shown(import), ["entityset Collection(mscrm.lead)", "Subject Edm.String", "Value Edm.Decimal"]);
    let nullable = |name: &str| {
        let parameter = import.children().find(|e| e.attribute("Name") == Some(name)).expect("a parameter");
        parameter.attribute("Nullable")
    };
    assert_eq!((nullable("Subject"), nullable("Value")), (Some("false"), None));
    assert_eq!(shown(find("Function", "new_Greeting")), ["Name Edm.String", " mscrm.new_GreetingResponse"]);
    assert_eq!(find("FunctionImport", "new_Greeting").attribute("Function"), Some("mscrm.new_Greeting"));
    assert_eq!(find("ActionImport", "new_Ping").attribute("Action"), Some("mscrm.new_Ping"));
    let bound = |e: &roxmltree::Node<'_, '_>| e.attribute("Name") == Some("new_CloseAccount");
    assert!(!document.descendants().any(|e| e.has_tag_name((EDM, "ActionImport")) && bound(&e)));
    // What is named somewhere is there.
    for element in document.descendants() {
        for attribute in ["Type", "BaseType", "EntityType", "Action", "Function"] {
            let Some(named) = element.attribute(attribute) else { continue };
            let bare = named.trim_start_matches("Collection(").trim_end_matches(')');
            if let Some(own) = bare.strip_prefix("mscrm.") {
                let there = document.descendants().any(|e| e.attribute("Name") == Some(own) && !e.is_root());
                assert!(there, "{named}");
            }
        }
    }
    rig.stop().await;
}

const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";
