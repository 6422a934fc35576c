//! Members of objects that hold a state: random numbers, text that grows,
//! addresses.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of objects that hold a state.
    ObjectOp Object
    Type::Random => { Next Next Int () (Int) (Int, Int); NextDouble NextDouble Double (); }
    Type::Class(Class::Random) => { new NewRandom Random () (Int); }
    Type::Builder => {
        Append Append Builder (Any) (Char, Int); AppendLine AppendLine Builder () (Text);
        AppendFormat AppendFormat Builder (Text, AnyRest); Insert Insert Builder (Int, Any);
        Replace Replace Builder (Text, Text) (Char, Char); Remove Remove Builder (Int, Int); Clear Clear Builder ();
        Length Length Int; ToString BuilderToString Text () (Int, Int);
    }
    Type::Class(Class::StringBuilder) => { new NewBuilder Builder () (Text) (Int) (Text, Int); }
    Type::Uri => {
        AbsoluteUri AbsoluteUri Text; AbsolutePath AbsolutePath Text; LocalPath LocalPath Text; Host Host Text;
        DnsSafeHost DnsSafeHost Text; Port Port Int; Scheme Scheme Text; Query Query Text;
        PathAndQuery PathAndQuery Text; Fragment Fragment Text; Authority Authority Text;
        OriginalString OriginalString Text; Segments Segments Texts; IsAbsoluteUri IsAbsoluteUri Bool;
        IsDefaultPort IsDefaultPort Bool; UserInfo UserInfo Text; ToString UriToString Text ();
    }
    Type::Class(Class::Uri) => { new NewUri Uri (Text) (Uri, Text); }
    Type::Address => {
        ToString AddressToString Text (); Equals AddressEquals Bool (Any);
        GetAddressBytes AddressBytes Bytes (); AddressFamily AddressFamily Text;
    }
    Type::Class(Class::IpAddress) => { Parse AddressParse Address (Text); Loopback Loopback Address; }
    Type::Certificate => {
        Thumbprint Thumbprint Text; Subject Subject Text; Issuer Issuer Text; SerialNumber SerialNumber Text;
        FriendlyName FriendlyName Text; NotBefore NotBefore Instant; NotAfter NotAfter Instant;
        SubjectName SubjectName Object; IssuerName IssuerName Object; HasPrivateKey HasPrivateKey Bool;
        RawData RawData Bytes; Version Version Int; Verify Verify Bool ();
        VerifyNoRevocation VerifyNoRevocation Bool (); GetCertHashString HashText Text ();
        GetSerialNumberString SerialText Text (); GetNameInfo NameInfo Text (Any, Bool);
        GetExpirationDateString ExpirationText Text (); GetEffectiveDateString EffectiveText Text ();
    }
}
