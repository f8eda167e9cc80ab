package iampolicy

import (
	_ "embed"
	"strings"
)

// rcpText lists the services whose resources RCPs bind, with the day of the list.
//
//go:embed rcp_services.txt
var rcpText string

var rcpServices = readServices(rcpText)

func readServices(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			out[f[0]] = true
		}
	}
	return out
}

// bindsRCP tells whether resource control policies have a say: for the services on their list, whoever asks, but for service-linked roles.
// Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
func bindsRCP(r *Request) bool {
	return rcpServices[r.Action.service] && !r.Principal.Linked && r.Action.full != "kms:retiregrant"
}

// gated tells whether a resource's own policy must let anybody in, even of its own account: KMS keys and roles.
// Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
func gated(r *Request) bool {
	switch r.Action.service {
	case "kms":
		return strings.Contains(r.Resource, ":key/")
	case "sts":
		return strings.Contains(r.Resource, ":role/")
	}
	return false
}

// usesKey gives the request that a service makes to the key for the caller, when the resource is encrypted with one.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func usesKey(action string) (Action, bool) {
	switch action {
	case "s3:getobject", "s3:getobjectversion", "sqs:receivemessage", "secretsmanager:getsecretvalue":
		return Action{"kms:Decrypt", "kms:decrypt", "kms", "decrypt"}, true
	case "s3:putobject", "sqs:sendmessage", "secretsmanager:putsecretvalue":
		return Action{"kms:GenerateDataKey", "kms:generatedatakey", "kms", "generatedatakey"}, true
	}
	return Action{}, false
}

// unlocks names what the root user of a bucket's account may do whatever the bucket's policy denies, lest it locks itself out.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func unlocks(action string) bool {
	return action == "s3:getbucketpolicy" || action == "s3:putbucketpolicy" || action == "s3:deletebucketpolicy"
}

// rule is an answer that no policy can change.
type rule struct {
	allowed bool
	because string
}

// The rules that stand above policies.
var (
	// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
	askOneself = &rule{true, "sts:GetCallerIdentity needs no permission, and no policy denies it"}
	// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
	sameRights = &rule{true, "sts:GetSessionToken needs no permission, and policies do not control it"}
	// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	rootNoRole = &rule{false, "a root user cannot assume a role"}
	// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
	awsManaged = &rule{false, "nobody can change a policy that AWS manages"}
	// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-service-linked-roles.html
	linkedRole = &rule{false, "only its service can change a service-linked role"}
	// Source: https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
	reservedRole = &rule{false, "only IAM Identity Center can change the roles that it reserves"}
)

// ruleOf gives the rule that decides a request whatever the policies say, nil when there is none.
func ruleOf(r *Request) *rule {
	k := r.Principal.Kind
	switch r.Action.service {
	case "sts":
		switch {
		case r.Action.name == "getcalleridentity" && k != Anonymous:
			return askOneself
		case r.Action.name == "getsessiontoken" && (k == User || k == Root):
			return sameRights
		case r.Action.name == "assumerole" && k == Root:
			return rootNoRole
		}
	case "iam":
		switch {
		case strings.Contains(r.Resource, ":iam::aws:policy/") && changesPolicy(r.Action.name):
			return awsManaged
		case strings.Contains(r.Resource, ":role/aws-service-role/") && changesRole(r.Action.name):
			return linkedRole
		case strings.Contains(r.Resource, ":role/aws-reserved/") && (changesRole(r.Action.name) || r.Action.name == "updateroledescription"):
			return reservedRole
		}
	}
	return nil
}

func changesPolicy(name string) bool {
	switch name {
	case "createpolicyversion", "deletepolicy", "deletepolicyversion", "setdefaultpolicyversion", "tagpolicy", "untagpolicy":
		return true
	}
	return false
}

func changesRole(name string) bool {
	switch name {
	case "attachrolepolicy", "detachrolepolicy", "putrolepolicy", "deleterolepolicy", "putrolepermissionsboundary", "deleterolepermissionsboundary",
		"updateassumerolepolicy", "deleterole", "updaterole":
		return true
	}
	return false
}
