// Package declared is what an organisation says of its estate: who is responsible for what, where it stands, what is in the governed
// register, and facts that no collector can see. A declaration is evidence of its own kind: somebody said so, on a day.
package declared

import (
	"fmt"
	"time"
)

// Estate is all that is declared. The zero Estate declares nothing.
type Estate struct {
	Custodians []Custodian  `yaml:"custodians"`
	Targets    []Target     `yaml:"targets"`
	Register   []Registered `yaml:"register"`
	Facts      []Fact       `yaml:"declared"`
}

// Custodian is an organisation that is responsible for records.
type Custodian struct {
	Name  string `yaml:"name"`
	Kind  string `yaml:"kind"`  // acquirer, acquired or vendor
	Since string `yaml:"since"` // the day from which on it belongs to the estate; "" = always
}

// Target is a place to be surveyed. It has an URL or a Path.
type Target struct {
	Name      string `yaml:"name"` // for the user; "" = its address
	URL       string `yaml:"url"`  // postgres://user@host/database, s3://bucket/prefix, ...
	Path      string `yaml:"path"` // a file or directory tree; a relative one begins where the file of the estate stands
	Custodian string `yaml:"custodian"`
	Owner     string `yaml:"owner"` // who answers for it: a person or a team
	Password  Secret `yaml:"password"`
	Schedule  string `yaml:"schedule"` // hourly, daily, weekly, monthly, or a duration such as 6h; "" = when asked
	Limits    Limits `yaml:"limits"`
}

// Address is the target's URL or path.
func (t *Target) Address() string {
	if t.URL != "" {
		return t.URL
	}
	return t.Path
}

// Label is what the target is called.
func (t *Target) Label() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Address()
}

// Limits bound what the survey of one target may cost. What is zero is as for the whole survey.
type Limits struct {
	Workers    int      `yaml:"workers"` // items read at once
	Rate       string   `yaml:"rate"`    // bytes a second: 20MB
	ItemTime   Duration `yaml:"max_item_time"`
	Depth      int      `yaml:"max_depth"`
	InnerMiB   int64    `yaml:"max_inner_mib"`
	InnerRatio int64    `yaml:"max_inner_ratio"`
	Members    int64    `yaml:"max_members"`
}

// Secret says where a secret is. The secret itself never stands in the file of the estate.
type Secret struct {
	Env  string `yaml:"env"`  // the variable of the environment that holds it
	File string `yaml:"file"` // the file that holds it in its first line, and that only its owner may read
}

// Shape tells how a secret is written.
func (Secret) Shape() string {
	return "a secret never stands in this file; write password: {env: NAME} for a variable of the environment, or password: {file: PATH} for a file with mode 0600"
}

// Given tells whether there is one.
func (s Secret) Given() bool { return s != Secret{} }

// Registered is an entry of the governed register: a repository that the acquirer's governance knows.
type Registered struct {
	Repository     string `yaml:"repository"`     // its name as answers show it
	Classification string `yaml:"classification"` // the label that it bears
	Registered     string `yaml:"registered"`     // a day
	Steward        string `yaml:"steward"`
}

// Fact is something that somebody says is so.
type Fact struct {
	Type      string            `yaml:"type"` // one of those that Types gives
	Name      string            `yaml:"name"` // of the system, vendor or control
	File      string            `yaml:"file"` // CSV: of users, groups or apps
	Custodian string            `yaml:"custodian"`
	By        string            `yaml:"by"`    // who says so
	AsOf      string            `yaml:"as_of"` // on which day
	Is        map[string]string `yaml:"is"`    // what is said: mfa: enforced
}

// Types are the types of facts, and whether a fact of the type is a file.
func Types() map[string]bool {
	return map[string]bool{"identity_provider": false, "users": true, "groups": true, "oauth_apps": true, "vendor": false, "help_desk": false, "control": false, "system": false}
}

// Duration reads "24h" from YAML.
type Duration time.Duration

// UnmarshalText reads the duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration such as 24h or 90m", b)
	}
	*d = Duration(v)
	return nil
}
