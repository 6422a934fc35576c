"""The execution tier: takes what flows send through the gateway, and writes it to Dataverse once."""
