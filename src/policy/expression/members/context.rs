//! Members of `context` and its parts.

use super::{Type, members};

members! {
    /// Members of `context` and its parts.
    ContextOp Context
    Type::Context => {
        Request ContextRequest Request; Response ContextResponse Response; Variables ContextVariables Variables;
        LastError ContextLastError LastError; Api ContextApi Api; Operation ContextOperation Operation;
        Product ContextProduct Product; Subscription ContextSubscription Subscription; User ContextUser User;
        Deployment ContextDeployment Deployment; RequestId ContextRequestId Guid;
        Timestamp ContextTimestamp Instant; Elapsed ContextElapsed Span; Tracing ContextTracing Bool;
        Trace ContextTrace Void (Text);
    }
    Type::Request => {
        Method RequestMethod Text; Headers RequestHeaders Headers; Url RequestUrl Url;
        OriginalUrl RequestOriginalUrl Url; IpAddress RequestIpAddress Text;
        MatchedParameters RequestParameters Parameters; Body RequestBody Body;
        Certificate RequestCertificate Certificate; PrivateEndpointConnection RequestEndpoint Object;
    }
    Type::Response => {
        StatusCode ResponseStatusCode Int; StatusReason ResponseStatusReason Text;
        Headers ResponseHeaders Headers; Body ResponseBody Body;
    }
    Type::Headers => { GetValueOrDefault HeadersGet Text (Text) (Text, Text); ContainsKey HeadersContains Bool (Text); }
    Type::Url => {
        Scheme UrlScheme Text; Host UrlHost Text; Port UrlPort Int; Path UrlPath Text;
        QueryString UrlQueryString Text; Query UrlQuery Query; ToString UrlToString Text ();
    }
    Type::Query => { GetValueOrDefault QueryGet Text (Text) (Text, Text); ContainsKey QueryContains Bool (Text); }
    Type::Parameters => {
        GetValueOrDefault ParametersGet Text (Text) (Text, Text); ContainsKey ParametersContains Bool (Text);
    }
    Type::Variables => {
        GetValueOrDefault VariablesGet Object (Text) (Text, Any); ContainsKey VariablesContains Bool (Text);
    }
    Type::LastError => {
        Source ErrorSource Text; Reason ErrorReason Text; Message ErrorMessage Text; Scope ErrorScope Text;
        Section ErrorSection Text; Path ErrorPath Text; PolicyId ErrorPolicyId Text;
    }
    Type::Api => {
        Id ApiId Text; Name ApiName Text; Path ApiPath Text; Version ApiVersion Text; Revision ApiRevision Text;
        IsCurrentRevision ApiIsCurrent Bool; Protocols ApiProtocols Texts; ServiceUrl ApiServiceUrl Url;
        SubscriptionKeyParameterNames ApiKeyNames KeyNames;
    }
    Type::KeyNames => { Header KeyHeader Text; Query KeyQuery Text; }
    Type::Operation => {
        Id OperationId Text; Name OperationName Text; Method OperationMethod Text;
        UrlTemplate OperationUrlTemplate Text;
    }
    Type::Product => {
        Id ProductId Text; Name ProductName Text; ApprovalRequired ProductApproval Bool; State ProductState Text;
        SubscriptionLimit ProductLimit [Type::nullable(Type::Int)]; SubscriptionRequired ProductRequired Bool;
        Groups ProductGroups [Type::sequence(named())]; Apis ProductApis [Type::sequence(named())];
    }
    Type::Subscription => {
        Id SubscriptionId Text; Name SubscriptionName Text; Key SubscriptionKey Text;
        PrimaryKey SubscriptionPrimary Text; SecondaryKey SubscriptionSecondary Text;
        CreatedDate SubscriptionCreated Instant; StartDate SubscriptionStart [Type::nullable(Type::Instant)];
        EndDate SubscriptionEnd [Type::nullable(Type::Instant)];
    }
    Type::User => {
        Id UserId Text; Email UserEmail Text; FirstName UserFirstName Text; LastName UserLastName Text;
        Note UserNote Text; Groups UserGroups [Type::sequence(named())]; RegistrationDate UserRegistered Instant;
    }
    Type::Gateway => {
        Id GatewayId Text; InstanceId GatewayInstanceId Text; IsManaged GatewayIsManaged Bool;
    }
    Type::Deployment => {
        Region DeploymentRegion Text; ServiceId DeploymentServiceId Text;
        ServiceName DeploymentServiceName Text; GatewayId DeploymentGatewayId Text;
        Gateway DeploymentGateway Gateway;
        Certificates DeploymentCertificates [Type::dictionary(Type::Text, Type::Certificate)];
    }
}

/// A group or an API in a list: `Id` and `Name`.
fn named() -> Type {
    Type::record(&[("Id", Type::Text), ("Name", Type::Text)])
}
