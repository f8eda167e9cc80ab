package estate

// Grant is a raw access fact, as a collector saw it and before anybody interprets it: a membership, an entry of an access list, the
// text of a policy, somebody's declaration. It says what stands there, never what follows from it.
type Grant struct {
	// Repository is where it was seen. A fact of a whole server is told with each of the server's repositories that are surveyed, and
	// counts once.
	Repository string
	// System is whose words these are, and so who interprets them: postgres, mysql, posix, aws, declared, opengraph.
	System string
	// Scope is that within which names are unique: a server (db.example:5432), an account (aws:123456789012), a host, a directory.
	Scope string
	// Kind is what sort of fact it is, in the words of its System: role, member, acl, owner, policy, user, login, ...
	Kind string
	// Principal, Action and Target are who may do what to what, in the System's own names, as far as the sort of fact has them.
	Principal string
	Action    string
	Target    string
	// Detail holds what else the System says of it, as one JSON object with sorted keys; "" for nothing. Never a secret.
	Detail string
	// Why says in words how it came to be, where that is known: "default privilege", "inherited from /srv".
	Why string
	// From is where it was read: pg_auth_members, GetBucketPolicy, a file's name. With declarations also who says so, and on which day.
	From string
}
